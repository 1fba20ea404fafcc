using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>
/// The evidence of a record, or of any digest in the log, as a standard OpenTimestamps proof:
/// SHA-256 of the file, leaf, log root, Ledger header, block id, Bitcoin transaction, Bitcoin Merkle root.
/// </summary>
public static class RecordTimestamp
{
    /// <summary>In a header's deterministic CBOR: the key <c>"root"</c>, then a byte string of 32.</summary>
    private static ReadOnlySpan<byte> RootMember => [0x64, 0x72, 0x6f, 0x6f, 0x74, 0x58, 0x20];

    /// <summary>Builds the proof, checking that each part follows from the one before.</summary>
    /// <param name="entry">SHA-256 of the record's bytes.</param>
    /// <param name="inclusion">Of the entry, in the log whose root the header names.</param>
    /// <param name="header">Of the Ledger block that Bitcoin commits to.</param>
    public static bool TryBuild(
        EntryHash entry,
        InclusionProof inclusion,
        Header header,
        SpvProof bitcoin,
        [NotNullWhen(true)] out OtsFile? file,
        out OtsFault fault)
    {
        var path = new OtsPath(entry.Value);
        file = TryContinue(path, inclusion, header, bitcoin, out OtsTimestamp? timestamp, out fault)
            ? new OtsFile(entry.Value, timestamp)
            : null;
        return file is not null;
    }

    /// <summary>Continues a path that has arrived at an entry of the log.</summary>
    public static bool TryContinue(
        OtsPath path,
        InclusionProof inclusion,
        Header header,
        SpvProof bitcoin,
        [NotNullWhen(true)] out OtsTimestamp? timestamp,
        out OtsFault fault)
    {
        timestamp = null;
        fault = OtsFault.PathBroken;
        if (!BitcoinTransaction.TryParse(bitcoin.Transaction.Span, out BitcoinTransaction? transaction, out _)
            || !LedgerCommitment.TryFind(transaction, header.Id, out int commitment, out _)
            || !BitcoinHeader.TryParse(bitcoin.Header.Span, out BitcoinHeader? bitcoinHeader, out _))
        {
            return false;
        }

        byte[] encoded = header.Encode();
        int root = encoded.AsSpan().IndexOf(RootMember) + RootMember.Length;

        // A leaf is the entry behind a zero byte (RFC 9162 §2.1.1).
        return path
            .Prepend([0]).Sha256()
            .Climb(inclusion)
            .Embed(encoded, root).Sha256()
            .Expect(header.Id.Value)
            .Embed(bitcoin.Transaction.Span, commitment).Sha256().Sha256()
            .Climb(bitcoin.Index, bitcoin.Branch.AsSpan())
            .Expect(bitcoinHeader.MerkleRoot)
            .TryEnd(new OtsAttestation.Bitcoin(bitcoin.Height), out timestamp, out fault);
    }
}
