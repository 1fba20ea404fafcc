using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>Record ids in settled order, and evidence of misbehaviour; at most <see cref="Limits.BlockBodyBytes"/> bytes.</summary>
public sealed record BlockBody(ImmutableArray<RecordId> Records, ImmutableArray<ReadOnlyMemory<byte>> Misbehaviour)
{
    private Derived<BlockBody, Digest> _digest;
    private Derived<BlockBody, ReadOnlyMemory<byte>> _encoded;

    /// <summary>Misbehaviour files in one block.</summary>
    public const int MisbehaviourMax = 64;

    /// <summary>Bytes of one misbehaviour file: two signed messages and their names.</summary>
    public const int MisbehaviourBytesMax = 16_384;

    /// <summary>Records in one block: what fits into <see cref="Limits.BlockBodyBytes"/>.</summary>
    public const int RecordsMax = 15_000;

    public static BlockBody Empty { get; } = new([], []);

    public bool IsEmpty => Records.IsEmpty && Misbehaviour.IsEmpty;

    /// <summary>SHA-256 of <see cref="Encoded"/>: the header's <c>body</c>.</summary>
    public Digest Digest => _digest.Of(this, body => Digest.Of(body.Encoded.Span));

    /// <summary>Laid out once, or as it was read.</summary>
    public ReadOnlyMemory<byte> Encoded => _encoded.Of(this, body => body.LayOut());

    /// <summary><see cref="Encoded"/> as the caller's own.</summary>
    public byte[] Encode() => ByteCopy.Of(Encoded.Span);

    private ReadOnlyMemory<byte> LayOut()
    {
        CborWriter writer = new(64 + (Records.Length * 66) + Misbehaviour.Sum(file => file.Length + 5));
        writer.Map(2).Text("records"u8).Array(Records.Length);
        foreach (RecordId id in Records)
        {
            writer.Bytes(id);
        }

        writer.Text("misbehaviour"u8).Array(Misbehaviour.Length);
        foreach (ReadOnlyMemory<byte> file in Misbehaviour)
        {
            writer.Bytes(file.Span);
        }

        return writer.WrittenMemory;
    }

    public static bool TryParse(ReadOnlySpan<byte> bytes, out BlockBody body, out CborError error)
    {
        CborReader reader = new(bytes);
        body = Empty;
        if (bytes.Length > Limits.BlockBodyBytes)
        {
            reader.Fail(CborFault.WrongLength, 0);
        }

        ImmutableArray<RecordId>.Builder records = ImmutableArray.CreateBuilder<RecordId>();
        ImmutableArray<ReadOnlyMemory<byte>>.Builder misbehaviour = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        bool read = reader.TryReadMap(out CborMapScope map)
            && reader.TryReadArrayMember(ref map, "records"u8, RecordsMax, out int count)
            && TryReadIds(ref reader, count, records)
            && reader.TryReadArrayMember(ref map, "misbehaviour"u8, MisbehaviourMax, out int files)
            && TryReadFiles(ref reader, files, misbehaviour)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        if (read)
        {
            body = new BlockBody(records.ToImmutable(), misbehaviour.ToImmutable());
            body._encoded.Know(body, ByteCopy.Of(bytes));
        }

        return read;
    }

    private static bool TryReadIds(ref CborReader reader, int count, ImmutableArray<RecordId>.Builder ids)
    {
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadRecordId(out RecordId id))
            {
                return false;
            }

            ids.Add(id);
        }

        return reader.EndArray();
    }

    private static bool TryReadFiles(ref CborReader reader, int count, ImmutableArray<ReadOnlyMemory<byte>>.Builder files)
    {
        for (int i = 0; i < count; i++)
        {
            int at = reader.Position;
            if (!reader.TryReadBytes(out ReadOnlySpan<byte> file)
                || (file.Length > MisbehaviourBytesMax && !reader.Fail(CborFault.WrongLength, at)))
            {
                return false;
            }

            files.Add(ByteCopy.Of(file));
        }

        return reader.EndArray();
    }
}
