namespace Ledger.Node.Api;

/// <param name="Digests">In the order in which they were sent.</param>
public sealed record DigestReceiptsModel(IReadOnlyList<DigestReceiptModel> Digests);

/// <param name="State">waiting, sealed, settled or anchored.</param>
/// <param name="Confirmations">Bitcoin blocks over the anchor; 0 until anchored.</param>
/// <param name="Expected">
/// Until anchored: when a Bitcoin block may hold it; then: its sixth confirmation. Milliseconds since 1970, an estimate;
/// null once it is final, and at a node that anchors nothing.
/// </param>
public sealed record DigestReceiptModel(string Digest, string State, uint Confirmations, ulong? Expected);

/// <param name="Root">The tree that holds the digest; null while it waits.</param>
/// <param name="Record">The root's record; null until it is sealed.</param>
public sealed record DigestModel(
    string Digest, string State, uint Confirmations, ulong? Expected, DigestRootModel? Root, RecordModel? Record);

/// <param name="Index">Of the digest among the leaves.</param>
/// <param name="Path">RFC 9162 inclusion proof: leaf = SHA-256(0x00 ‖ digest).</param>
public sealed record DigestRootModel(string Root, ulong Index, int Count, IReadOnlyList<string> Path);
