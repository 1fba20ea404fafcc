using System.Collections.Immutable;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Proofs.Evidence;

/// <summary>A list of byte strings, kept as slices of the source: a file of a gigabyte is not copied to be read.</summary>
internal readonly struct ItemList(ReadOnlyMemory<byte> source, int countMax, int bytesMin, int bytesMax)
{
    public ImmutableArray<ReadOnlyMemory<byte>>.Builder Items { get; } = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();

    /// <summary>Items read before a fault stay in <see cref="Items"/>: they are the whole ones before it.</summary>
    public bool TryRead(ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key)
    {
        if (!reader.TryReadArrayMember(ref map, key, countMax, out int count))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryReadItem(ref reader, source, bytesMin, bytesMax, out ReadOnlyMemory<byte> item))
            {
                return false;
            }

            Items.Add(item);
        }

        return reader.EndArray();
    }

    public static bool TryReadItem(
        ref CborReader reader, ReadOnlyMemory<byte> source, int bytesMin, int bytesMax, out ReadOnlyMemory<byte> item)
    {
        item = default;
        int at = reader.Position;
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> bytes)
            || ((bytes.Length < bytesMin || bytes.Length > bytesMax) && !reader.Fail(CborFault.WrongLength, at)))
        {
            return false;
        }

        item = source.Slice(reader.Position - bytes.Length, bytes.Length);
        return true;
    }
}
