using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;

namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>An operation, and what is known of its result.</summary>
public sealed record OtsBranch(OtsOperation Operation, OtsTimestamp Next);

/// <summary>
/// What is known of one message's time: attestations of the message itself, and operations that lead to messages with
/// more. The message is not part of it. Every timestamp holds at least one attestation or branch.
/// </summary>
public sealed class OtsTimestamp
{
    private OtsTimestamp(ImmutableArray<OtsAttestation> attestations, ImmutableArray<OtsBranch> branches)
    {
        Attestations = attestations;
        Branches = branches;
        Depth = 1 + branches.Select(branch => branch.Next.Depth).DefaultIfEmpty().Max();
    }

    public ImmutableArray<OtsAttestation> Attestations { get; }

    public ImmutableArray<OtsBranch> Branches { get; }

    /// <summary>
    /// Timestamps in the longest row, this one included; readers follow <see cref="OtsLimits.Depth"/>.
    /// </summary>
    public int Depth { get; }

    /// <summary>Puts attestations and branches into the order in which they are written.</summary>
    public static OtsTimestamp Of(ImmutableArray<OtsAttestation> attestations, ImmutableArray<OtsBranch> branches)
    {
        if (attestations.IsEmpty && branches.IsEmpty)
        {
            throw new ArgumentException("A timestamp without attestation or branch says nothing.", nameof(branches));
        }

        return new OtsTimestamp(
            attestations.Sort(OtsAttestation.Compare),
            branches.Sort((left, right) => OtsOperation.Compare(left.Operation, right.Operation)));
    }

    /// <summary>Every attestation with the message that it is about.</summary>
    /// <param name="message">What this timestamp is of.</param>
    public ImmutableArray<(byte[] Message, OtsAttestation Attestation)> Evaluate(ReadOnlySpan<byte> message)
    {
        ImmutableArray<(byte[], OtsAttestation)>.Builder found =
            ImmutableArray.CreateBuilder<(byte[], OtsAttestation)>();
        Evaluate(message.ToArray(), found);
        return found.ToImmutable();
    }

    /// <summary>The serialization without any header, as calendars send it.</summary>
    public byte[] Encode()
    {
        var writer = new OtsWriter();
        writer.Write(this);
        return writer.ToArray();
    }

    /// <summary>Reads a serialization without header, to the last byte.</summary>
    /// <param name="message">What the timestamp is of; needed to compute the operations' results.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        ReadOnlySpan<byte> message,
        [NotNullWhen(true)] out OtsTimestamp? timestamp,
        out OtsError error)
    {
        var reader = new OtsReader(bytes, 0);
        return reader.TryReadToEnd(message, out timestamp, out error);
    }

    private void Evaluate(byte[] message, ImmutableArray<(byte[] Message, OtsAttestation Attestation)>.Builder found)
    {
        foreach (OtsAttestation attestation in Attestations)
        {
            found.Add((message, attestation));
        }

        foreach (OtsBranch branch in Branches)
        {
            if (branch.Operation.TryApply(message, out byte[] result, out _))
            {
                branch.Next.Evaluate(result, found);
            }
        }
    }
}

/// <summary>A detached proof for a file: the file's SHA-256 and what is known of it (<c>.ots</c>, version 1).</summary>
public sealed record OtsFile(Digest FileDigest, OtsTimestamp Timestamp)
{
    private const byte Version = 1;

    private static ReadOnlySpan<byte> Magic =>
        "\0OpenTimestamps\0\0Proof\0"u8;

    // Bytes that are not text, so that tools take the file for data.
    private static ReadOnlySpan<byte> MagicEnd => [0xbf, 0x89, 0xe2, 0xe8, 0x84, 0xe8, 0x92, 0x94];

    public byte[] Encode()
    {
        var writer = new OtsWriter();
        writer.Write(Magic);
        writer.Write(MagicEnd);
        writer.Write([Version, (byte)OtsOpcode.Sha256]);
        writer.Write(FileDigest.Span);
        writer.Write(Timestamp);
        return writer.ToArray();
    }

    /// <summary>Reads a whole file, to the last byte, and computes every operation in it.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out OtsFile? file,
        out OtsError error)
    {
        file = null;
        int version = Magic.Length + MagicEnd.Length;
        int digest = version + 2;
        int body = digest + Digest.Size;
        OtsFault fault = bytes switch
        {
            _ when bytes.Length > OtsLimits.FileBytes => OtsFault.TooLong,
            _ when bytes.Length < version => OtsFault.NotOpenTimestamps,
            _ when !bytes.StartsWith(Magic) || !bytes[Magic.Length..].StartsWith(MagicEnd) =>
                OtsFault.NotOpenTimestamps,
            _ when bytes.Length < body => OtsFault.Truncated,
            _ when bytes[version] != Version => OtsFault.UnknownVersion,
            _ when bytes[version + 1] != (byte)OtsOpcode.Sha256 => OtsFault.FileHashNotSupported,
            _ => OtsFault.None,
        };
        if (fault != OtsFault.None)
        {
            error = new OtsError(fault, Place(fault, version, bytes.Length));
            return false;
        }

        var fileDigest = new Digest(bytes[digest..body]);
        var reader = new OtsReader(bytes, body);
        if (!reader.TryReadToEnd(fileDigest.Span, out OtsTimestamp? timestamp, out error))
        {
            return false;
        }

        file = new OtsFile(fileDigest, timestamp);
        return true;
    }

    private static int Place(OtsFault fault, int version, int length) => fault switch
    {
        OtsFault.TooLong => OtsLimits.FileBytes,
        OtsFault.Truncated => length,
        OtsFault.UnknownVersion => version,
        OtsFault.FileHashNotSupported => version + 1,
        _ => 0,
    };
}
