using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>
/// The evidence of an integrator's digest as standard OpenTimestamps operations: digest, leaf and root of the tree over
/// the digests, <c>root</c> record, and from there the way of every record.
/// </summary>
public static class RootTimestamp
{
    /// <summary>Bytes of a message that a calendar takes.</summary>
    public const int MessageBytesMax = 64;

    /// <summary>Bytes that a calendar mixes in, so that its commitments say nothing of what it was given.</summary>
    public const int NonceBytes = 16;

    /// <summary>In the body of a <c>root</c> record: the key <c>"root"</c>, then a byte string of 32.</summary>
    private static ReadOnlySpan<byte> RootMember => [0x64, 0x72, 0x6f, 0x6f, 0x74, 0x58, 0x20];

    /// <summary>Builds the proof, checking that each part follows from the one before.</summary>
    /// <param name="inTree">Of the digest, in the tree whose root the record names.</param>
    /// <param name="root">That root.</param>
    /// <param name="record">Bytes of the <c>root</c> record, at most 4,095.</param>
    /// <param name="inLog">Of the record, in the log whose root the header names.</param>
    /// <param name="header">Of the Ledger block that Bitcoin commits to.</param>
    public static bool TryBuild(
        Digest digest,
        InclusionProof inTree,
        Digest root,
        ReadOnlySpan<byte> record,
        InclusionProof inLog,
        Header header,
        SpvProof bitcoin,
        [NotNullWhen(true)] out OtsTimestamp? timestamp,
        out OtsFault fault)
    {
        timestamp = null;
        fault = OtsFault.PathBroken;
        int member = record.IndexOf([.. RootMember, .. root.Span]);
        if (member < 0)
        {
            return false;
        }

        OtsPath path = new OtsPath(digest)
            .Prepend([0]).Sha256()
            .Climb(inTree)
            .Embed(record, member + RootMember.Length).Sha256();
        return RecordTimestamp.TryContinue(path, inLog, header, bitcoin, out timestamp, out fault);
    }

    /// <summary>What a calendar answers at once: the digest that it keeps, and that its proof is to come.</summary>
    /// <param name="message">1 to 64 bytes.</param>
    /// <param name="nonce">16 random bytes.</param>
    /// <param name="calendar">Where the proof will be had, see <see cref="OtsAttestation.Pending"/>.</param>
    public static OtsTimestamp Pending(
        ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> nonce, string calendar, out Digest digest)
    {
        digest = Digest.Of([.. message.Span, .. nonce.Span]);
        OtsTimestamp kept = OtsTimestamp.Of([new OtsAttestation.Pending(calendar)], []);
        OtsTimestamp hashed = OtsTimestamp.Of([], [new OtsBranch(OtsOperation.Sha256, kept)]);
        return OtsTimestamp.Of([], [new OtsBranch(OtsOperation.Append(nonce), hashed)]);
    }

    /// <summary>Whether calendars' clients could come back to this address.</summary>
    public static bool IsCalendarAddress(string address) => OtsAttestation.Pending.IsAllowed(address);
}
