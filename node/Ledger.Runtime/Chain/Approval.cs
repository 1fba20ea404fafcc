using Ledger.Core;

namespace Ledger.Runtime.Chain;

/// <summary>A member's word for the change that comes next.</summary>
/// <param name="Change">SHA-256 of what was signed: chain, number and change.</param>
/// <param name="Key">Of the governance key.</param>
/// <param name="Record">The first settled record that brought it; it holds the change.</param>
internal sealed record Approval(Digest Change, KeyId Key, RecordId Record);
