using Ledger.Core;
using Ledger.Records;

namespace Ledger.Proofs.Disclosures;

/// <summary>What one disclosure shows, held against a file.</summary>
/// <param name="Outcome">Not checked where the file itself is INVALID.</param>
/// <param name="Text">One sentence for people.</param>
/// <param name="Record">Null if the disclosure could not be read.</param>
/// <param name="Member">Path into the record's body; null if the disclosure could not be read.</param>
/// <param name="Index">The record's place in the file; null if it does not hold the record.</param>
/// <param name="Bytes">Of the content.</param>
/// <param name="Type">Media type that the record gives.</param>
/// <param name="Digest">SHA-256 of the content alone, to compare with a copy.</param>
/// <param name="Fails">The layer that refuses it; null unless it fails.</param>
public sealed record DisclosureReport(
    LayerOutcome Outcome,
    string Text,
    RecordId? Record = null,
    string? Member = null,
    int? Index = null,
    int? Bytes = null,
    string? Type = null,
    Digest? Digest = null,
    Layer? Fails = null)
{
    /// <summary>Said beside every disclosure that holds.</summary>
    public const string Shows =
        "A disclosure shows that whoever signed the record had fixed this content, bit for bit, when the record was "
        + "signed, and so before the time since when the record stands.";

    /// <inheritdoc cref="Shows"/>
    public const string ShowsNot =
        "It does not show that the content is true, that the act used it, that it was ever kept secret, or anything of "
        + "what was not disclosed.";
}
