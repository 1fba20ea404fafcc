using System.Buffers.Binary;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Runtime.Chain;

/// <summary>Layout of keys and small values in the store. Integers are big-endian, so that bytewise order is numeric order.</summary>
internal static class StoreKeys
{
    public static byte[] Of(Height height) => Number(height.Value);

    public static byte[] Of(LogIndex index) => Number(index.Value);

    public static byte[] Number(ulong value)
    {
        byte[] key = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(key, value);
        return key;
    }

    public static ulong Number(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(bytes);

    public static byte[] Tile(byte level, ulong index)
    {
        byte[] key = new byte[1 + sizeof(ulong)];
        key[0] = level;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), index);
        return key;
    }

    public static byte[] StreamRecord(StreamId stream, Sequence seq)
    {
        byte[] key = new byte[Digest.Size + sizeof(ulong)];
        stream.Value.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(Digest.Size), seq.Value);
        return key;
    }

    /// <summary>Height ‖ log index of a settled record.</summary>
    public static byte[] Placement(Height height, LogIndex index)
    {
        byte[] value = new byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, height.Value);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(sizeof(ulong)), index.Value);
        return value;
    }

    /// <summary>Key id ‖ height ‖ round ‖ 0 for proposals, else the step: what a validator can contradict itself in.</summary>
    public static byte[] Offence(KeyId signer, ConsensusStatement said)
    {
        byte[] key = new byte[Digest.Size + sizeof(ulong) + sizeof(uint) + 1];
        signer.Value.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(Digest.Size), said.Height.Value);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(Digest.Size + sizeof(ulong)), said.Round.Value);
        key[^1] = said is VoteStatement vote ? (byte)vote.Step : (byte)0;
        return key;
    }

    public static byte[] Of(Approval approval) => [.. approval.Change.Span, .. approval.Key.Value.Span];

    public static Approval Approval(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        new(new Digest(key[..Digest.Size]), new KeyId(new Digest(key[Digest.Size..])), new RecordId(value));

    public static (Height Height, LogIndex Index) Placement(ReadOnlySpan<byte> value) =>
        (new Height(Number(value)), new LogIndex(Number(value[sizeof(ulong)..])));
}
