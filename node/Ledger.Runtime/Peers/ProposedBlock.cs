using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Runtime.Peers;

/// <summary>A block that somebody proposed, before anybody has judged it.</summary>
/// <param name="Parts">Null until they have come; they are known to be those that the header names.</param>
internal sealed record ProposedBlock(Header Header, BlockParts? Parts)
{
    /// <summary><c>[header, parts]</c>: the answer to <see cref="Ports.Question.Proposal"/>.</summary>
    public byte[] Encode()
    {
        CborWriter writer = new(Header.EncodedBytesMax + Parts!.EncodedBytes + 32);
        writer.Array(2).Bytes(Header.Encoded.Span);
        Parts.EncodeTo(writer);
        return writer.ToArray();
    }

    public static bool TryParse(ReadOnlySpan<byte> bytes, out ProposedBlock block)
    {
        block = null!;
        CborReader reader = new(bytes);
        if (!reader.TryReadArray(2)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> encoded)
            || !Header.TryParse(encoded, out Header header, out _)
            || !BlockParts.TryRead(ref reader, header, out BlockParts? parts)
            || !reader.EndArray()
            || !reader.TryFinish())
        {
            return false;
        }

        block = new ProposedBlock(header, parts);
        return true;
    }
}

/// <summary>What a header names by digests.</summary>
/// <param name="Before">The commit of the block before; null in the first block.</param>
internal sealed record BlockParts(BlockBody Body, Commit? Before)
{
    /// <summary>Bytes that <see cref="EncodeTo"/> writes.</summary>
    public int EncodedBytes => 1 + StringBytes(Body.Encoded.Length) + (Before is null ? 1 : StringBytes(Before.Encoded.Length));

    /// <summary><c>[body, commit or null]</c>, each a byte string.</summary>
    public void EncodeTo(CborWriter writer)
    {
        writer.Array(2).Bytes(Body.Encoded.Span);
        _ = Before is null ? writer.Null() : writer.Bytes(Before.Encoded.Span);
    }

    /// <summary>Checks that they are the ones that the header names.</summary>
    public static bool TryRead(ref CborReader reader, Header header, out BlockParts? parts)
    {
        parts = null;
        int at = reader.Position;
        if (!reader.TryReadArray(2)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> body)
            || (!BlockBody.TryParse(body, out BlockBody parsed, out CborError error) && !reader.Fail(error.Fault, at))
            || (parsed.Digest != header.Body && !reader.Fail(CborFault.WrongValue, at)))
        {
            return false;
        }

        Commit? before = null;
        Digest named = Digest.Zero;
        if (!reader.SkipIfNull())
        {
            if (!reader.TryReadBytes(out ReadOnlySpan<byte> commit)
                || (!Commit.TryParse(commit, out before, out error) && !reader.Fail(error.Fault, at)))
            {
                return false;
            }

            named = before.Digest;
        }

        parts = new BlockParts(parsed, before);
        return (named == header.Commit || reader.Fail(CborFault.WrongValue, at)) && reader.EndArray();
    }

    /// <summary>A byte string with its head.</summary>
    private static int StringBytes(int length) => length + length switch
    {
        < 24 => 1,
        <= byte.MaxValue => 2,
        <= ushort.MaxValue => 3,
        _ => 5,
    };
}
