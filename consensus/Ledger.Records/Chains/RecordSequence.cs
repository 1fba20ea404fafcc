using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records.Chains;

/// <summary>Cuts a CBOR sequence (RFC 8742) that is wholly in memory into records, unparsed.</summary>
public static class RecordSequence
{
    /// <param name="sequence">As received.</param>
    /// <param name="countMax">Most records to take; a longer sequence is a fault.</param>
    /// <param name="fault">
    /// What stands behind the last item taken, with its offset in the sequence; null if that was the end. The number of
    /// items taken is its index.
    /// </param>
    /// <returns>Slices of <paramref name="sequence"/>, each for <see cref="Record.TryParse"/>.</returns>
    public static ImmutableArray<ReadOnlyMemory<byte>> Split(
        ReadOnlyMemory<byte> sequence, int countMax, out Fault? fault)
    {
        ImmutableArray<ReadOnlyMemory<byte>>.Builder items = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        fault = null;
        int position = 0;
        while (position < sequence.Length)
        {
            if (items.Count == countMax)
            {
                fault = new Fault(Layer.Encoding, $"more than {countMax} records", position);
                break;
            }

            CborItem item = CborSequence.Next(
                sequence.Span[position..], Limits.RecordBytes, out int length, out CborError error);
            if (item != CborItem.Whole)
            {
                fault = new Fault(
                    Layer.Encoding, $"no whole record stands here: {error.Reason}", position + error.Offset);
                break;
            }

            items.Add(sequence.Slice(position, length));
            position += length;
        }

        return items.ToImmutable();
    }
}
