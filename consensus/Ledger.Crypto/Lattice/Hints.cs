using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// The hints of a signature in their encoded form: ω bytes with the places of the ones, row after row and ascending, then
/// for each row where its places end.
/// </summary>
internal static class Hints
{
    /// <summary>Bytes of the encoding.</summary>
    public const int Bytes = Omega + K;

    /// <summary>Algorithm 20. The hints are public, as part of a signature.</summary>
    /// <param name="hints">Rows of 0 and 1, at most ω ones in all.</param>
    public static void Pack(ReadOnlySpan<Poly> hints, Span<byte> bytes)
    {
        bytes.Clear();
        int index = 0;
        for (int row = 0; row < K; row++)
        {
            ReadOnlySpan<int> places = hints[row];
            for (int next; (next = places.IndexOf(1)) >= 0; places = places[(next + 1)..])
            {
                bytes[index++] = (byte)(N - places.Length + next);
            }

            bytes[Omega + row] = (byte)index;
        }
    }

    /// <summary>
    /// The checks of algorithm 21, strict: false for an end out of order or beyond ω, for places that do not ascend, and
    /// for anything but zero after the last place. Hints thus have one encoding.
    /// </summary>
    public static bool AreWellFormed(ReadOnlySpan<byte> bytes)
    {
        int index = 0;
        for (int row = 0; row < K; row++)
        {
            int end = bytes[Omega + row];
            if (end < index || end > Omega)
            {
                return false;
            }

            for (int i = index + 1; i < end; i++)
            {
                if (bytes[i - 1] >= bytes[i])
                {
                    return false;
                }
            }

            index = end;
        }

        return bytes[index..Omega].IndexOfAnyExcept((byte)0) < 0;
    }

    /// <summary>Places of the ones of one row, of an encoding that is well formed.</summary>
    public static ReadOnlySpan<byte> Places(ReadOnlySpan<byte> bytes, int row) =>
        bytes[(row == 0 ? 0 : bytes[Omega + row - 1])..bytes[Omega + row]];
}
