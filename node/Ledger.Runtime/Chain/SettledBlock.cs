using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Runtime.Chain;

/// <summary>A block with the quorum certificate under it, as stored and as peers exchange it.</summary>
public sealed record SettledBlock(Header Header, BlockBody Body, Commit Commit)
{
    /// <summary>Bytes of the encoding: header, body, commit and their lengths.</summary>
    public const int BytesMax = Limits.BlockBodyBytes + (1 << 20) + 1024;

    /// <summary><c>[header, body, commit]</c>, each a byte string.</summary>
    public byte[] Encode() => LayOut().ToArray();

    /// <summary>The same, not copied.</summary>
    internal CborWriter LayOut()
    {
        (ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> commit) =
            (Header.Encoded, Body.Encoded, Commit.Encoded);
        return new CborWriter(header.Length + body.Length + commit.Length + 32)
            .Array(3).Bytes(header.Span).Bytes(body.Span).Bytes(commit.Span);
    }

    /// <summary>The first part of an encoding that this program made: the form of the others is not checked.</summary>
    internal static bool TryParseHeader(ReadOnlySpan<byte> bytes, out Header header, out CborError error)
    {
        header = null!;
        CborReader reader = new(bytes);
        if (reader.TryReadArray(3) && reader.TryReadBytes(out ReadOnlySpan<byte> encoded))
        {
            return Header.TryParse(encoded, out header, out error);
        }

        error = reader.Error;
        return false;
    }

    /// <summary>Checks the form of all three parts, not that they belong together.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SettledBlock block, out CborError error)
    {
        block = null!;
        CborReader reader = new(bytes);
        ReadOnlySpan<byte> header = default;
        ReadOnlySpan<byte> body = default;
        ReadOnlySpan<byte> commit = default;
        bool framed = reader.TryReadArray(3)
            && reader.TryReadBytes(out header)
            && reader.TryReadBytes(out body)
            && reader.TryReadBytes(out commit)
            && reader.EndArray()
            && reader.TryFinish();
        error = reader.Error;
        if (!framed
            || !Header.TryParse(header, out Header parsedHeader, out error)
            || !BlockBody.TryParse(body, out BlockBody parsedBody, out error)
            || !Commit.TryParse(commit, out Commit parsedCommit, out error))
        {
            return false;
        }

        block = new SettledBlock(parsedHeader, parsedBody, parsedCommit);
        return true;
    }
}
