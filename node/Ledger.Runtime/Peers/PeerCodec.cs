using System.Buffers.Binary;
using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Peers;

/// <summary>
/// The questions and answers of <see cref="Question"/> as bytes: deterministic CBOR, read strictly. The formats stand in
/// <c>consensus/README.md</c>.
/// </summary>
internal static class PeerCodec
{
    /// <summary>Records asked for at once: their answer fits whatever their size.</summary>
    public const int IdsMax = 64;

    /// <summary>What frames one item of a list: the head of a byte string and a share of the array's.</summary>
    private const int ItemOverhead = 9;

    /// <summary><c>[* bstr]</c>, leaving out from the end what would not fit into an answer.</summary>
    /// <summary>
    /// What is answered: null where there is nothing. The language would turn no array into a memory without a byte, which
    /// is an answer, and one that only a liar gives.
    /// </summary>
    public static ReadOnlyMemory<byte>? Answer(byte[]? bytes) => bytes is null ? (ReadOnlyMemory<byte>?)null : bytes;

    public static byte[] List(IEnumerable<ReadOnlyMemory<byte>> items)
    {
        List<ReadOnlyMemory<byte>> fitting = [];
        int bytes = ItemOverhead;
        foreach (ReadOnlyMemory<byte> item in items)
        {
            bytes += item.Length + ItemOverhead;
            if (bytes > PeerLimits.AnswerBytes)
            {
                break;
            }

            fitting.Add(item);
        }

        CborWriter writer = new(bytes);
        Write(writer, fitting);
        return writer.ToArray();
    }

    public static bool TryReadList(ReadOnlySpan<byte> bytes, int countMax, out ImmutableArray<ReadOnlyMemory<byte>> items)
    {
        CborReader reader = new(bytes);
        return TryRead(ref reader, countMax, out items) && reader.TryFinish();
    }

    public static byte[] Ids(IReadOnlyCollection<RecordId> ids)
    {
        CborWriter writer = new(8 + (ids.Count * (RecordId.Size + 2)));
        writer.Array(ids.Count);
        foreach (RecordId id in ids)
        {
            writer.Bytes(id);
        }

        return writer.ToArray();
    }

    public static bool TryReadIds(ReadOnlySpan<byte> bytes, out ImmutableArray<RecordId> ids)
    {
        ids = [];
        CborReader reader = new(bytes);
        if (!reader.TryReadArray(out int count) || count > IdsMax)
        {
            return false;
        }

        ImmutableArray<RecordId>.Builder read = ImmutableArray.CreateBuilder<RecordId>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadRecordId(out RecordId id))
            {
                return false;
            }

            read.Add(id);
        }

        ids = read.ToImmutable();
        return reader.EndArray() && reader.TryFinish();
    }

    public static byte[] Height(Height height) => new CborWriter(16).Unsigned(height.Value).ToArray();

    public static bool TryReadHeight(ReadOnlySpan<byte> bytes, out Height height)
    {
        CborReader reader = new(bytes);
        bool read = reader.TryReadUnsigned(out ulong value) && value > 0 && reader.TryFinish();
        height = new Height(value);
        return read;
    }

    /// <summary>
    /// <c>[height, round, has proposal, prevoters, precommitters, null or [round, block, voters]]</c>; voters are 32
    /// bytes, validator 0 in the lowest bit of the last one.
    /// </summary>
    public static byte[] Position(Position position)
    {
        CborWriter writer = new(192);
        writer.Array(6)
            .Unsigned(position.Height.Value).Unsigned(position.Round.Value).Boolean(position.HasProposal)
            .Bytes(BytesOf(position.Prevotes)).Bytes(BytesOf(position.Precommits));
        return (position.Polka is { } polka
            ? writer.Array(3).Unsigned(polka.Round.Value).Bytes(polka.Block.Value).Bytes(BytesOf(polka.Held))
            : writer.Null()).ToArray();
    }

    public static bool TryReadPosition(ReadOnlySpan<byte> bytes, out Position position)
    {
        CborReader reader = new(bytes);
        PolkaWanted? polka = null;
        VoterMask precommits = default;
        bool read = reader.TryReadArray(6)
            & reader.TryReadUnsigned(out ulong height)
            & reader.TryReadUnsigned(out ulong round)
            & reader.TryReadBoolean(out bool hasProposal)
            & TryReadVoters(ref reader, out VoterMask prevotes)
            && TryReadVoters(ref reader, out precommits)
            && (reader.SkipIfNull() || TryReadPolka(ref reader, out polka))
            && reader.EndArray()
            && reader.TryFinish()
            && round <= int.MaxValue;
        position = new Position(new Height(height), new Round((uint)round), hasProposal, prevotes, precommits, polka);
        return read;
    }

    /// <summary><c>[[* message], block or null]</c>: what the asking replica lacks.</summary>
    public static byte[] Lacking(IReadOnlyList<ReadOnlyMemory<byte>> messages, SettledBlock? block)
    {
        byte[]? encoded = block?.Encode();
        CborWriter writer = new(
            (2 * ItemOverhead) + messages.Sum(message => message.Length + ItemOverhead) + (encoded?.Length ?? 1));
        writer.Array(2);
        Write(writer, messages);
        return (encoded is null ? writer.Null() : writer.Bytes(encoded)).ToArray();
    }

    public static bool TryReadLacking(
        ReadOnlySpan<byte> bytes, out ImmutableArray<ReadOnlyMemory<byte>> messages, out SettledBlock? block)
    {
        CborReader reader = new(bytes);
        messages = [];
        block = null;
        return reader.TryReadArray(2)
            && TryRead(ref reader, MessagesMax, out messages)
            && (reader.SkipIfNull() || TryReadBlock(ref reader, out block))
            && reader.EndArray()
            && reader.TryFinish();
    }

    /// <summary>Two rounds of two kinds of votes, a quorum of another, and two proposals.</summary>
    private const int MessagesMax = (5 * Limits.Validators) + 2;

    private static bool TryReadBlock(ref CborReader reader, out SettledBlock? block)
    {
        block = null;
        return reader.TryReadBytes(out ReadOnlySpan<byte> encoded) && SettledBlock.TryParse(encoded, out block!, out _);
    }

    private static bool TryReadPolka(ref CborReader reader, out PolkaWanted? polka)
    {
        bool read = reader.TryReadArray(3)
            & reader.TryReadUnsigned(out ulong round)
            & reader.TryReadDigest(out Digest block)
            & TryReadVoters(ref reader, out VoterMask held)
            && reader.EndArray()
            && round <= int.MaxValue;
        polka = new PolkaWanted(new Round((uint)round), new BlockId(block), held);
        return read;
    }

    private static void Write(CborWriter writer, IReadOnlyCollection<ReadOnlyMemory<byte>> items)
    {
        writer.Array(items.Count);
        foreach (ReadOnlyMemory<byte> item in items)
        {
            writer.Bytes(item.Span);
        }
    }

    private static bool TryRead(ref CborReader reader, int countMax, out ImmutableArray<ReadOnlyMemory<byte>> items)
    {
        items = [];
        if (!reader.TryReadArray(out int count) || count > countMax)
        {
            return false;
        }

        ImmutableArray<ReadOnlyMemory<byte>>.Builder read = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadBytes(out ReadOnlySpan<byte> item))
            {
                return false;
            }

            read.Add(ByteCopy.Of(item));
        }

        items = read.ToImmutable();
        return reader.EndArray();
    }

    private static byte[] BytesOf(VoterMask mask)
    {
        byte[] bytes = new byte[32];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, mask.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), mask.MidHigh);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), mask.MidLow);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), mask.Low);
        return bytes;
    }

    private static bool TryReadVoters(ref CborReader reader, out VoterMask mask)
    {
        mask = default;
        if (!reader.TryReadBytes(32, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        mask = new VoterMask(
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes));
        return true;
    }
}
