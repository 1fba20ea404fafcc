using System.Runtime.CompilerServices;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// The matrix A from ρ (FIPS 204 algorithms 30 and 32), as many polynomials at a time as states are permuted together.
/// What else has to be hashed to verify under the key rides along in one of the lanes. All of it is public.
/// </summary>
internal ref struct MatrixExpansion<T>
    where T : struct, ILanes<T>
{
    private const int Rate = Sponge.Shake128Rate;
    private const int Blocks = 5;
    private const int Stride = (Blocks * Rate) + KeccakLanes.ReadSlackBytes;

    /// <summary>The last of the lanes that are permuted together.</summary>
    private static int RiderLane => KeccakLanes.Width - 1;

    private KeccakLanes _states;
    private RepresentativeLane _rider;

    /// <summary>The matrix, row after row, in the NTT domain, coefficients from 0 to q - 1.</summary>
    public static void Expand(ReadOnlySpan<byte> rho, Span<Poly> matrix)
    {
        MatrixExpansion<T> expansion = default;
        expansion.Run(rho, matrix, L);
    }

    /// <summary>The matrix, one place left free at the end of each row, and what the lane hashes meanwhile.</summary>
    public static void Expand(ReadOnlySpan<byte> rho, Span<Poly> rows, RepresentativeLane rider)
    {
        MatrixExpansion<T> expansion = default;
        expansion._rider = rider;
        if (KeccakLanes.Width == 1)
        {
            expansion.FinishRider();
        }

        expansion.Run(rho, rows, L + 1);
    }

    [SkipLocalsInit]
    private void Run(ReadOnlySpan<byte> rho, Span<Poly> matrix, int columns)
    {
        Span<byte> buffer = stackalloc byte[KeccakLanes.Count * Stride];
        for (int next = 0; next < K * L;)
        {
            int lanes = Math.Min(_rider.IsDone ? KeccakLanes.Width : RiderLane, (K * L) - next);
            for (int lane = 0; lane < lanes; lane++)
            {
                Begin(lane, rho, next + lane);
            }

            for (int block = 0; block < Blocks; block++)
            {
                Permute();
                _states.ReadBlocks(lanes, Rate, buffer[(block * Rate)..], Stride);
            }

            for (int lane = 0; lane < lanes; lane++)
            {
                ref Poly poly = ref matrix[((next + lane) / L * columns) + ((next + lane) % L)];
                int count = Sample(buffer.Slice(lane * Stride, Stride), Blocks * Rate, ref poly, 0);
                if (count < N)
                {
                    Continue(rho, next + lane, ref poly, count);
                }
            }

            next += lanes;
        }

        FinishRider();
    }

    private void FinishRider()
    {
        while (!_rider.IsDone)
        {
            _rider.Advance(ref _states, RiderLane, alone: true);
        }
    }

    private void Begin(int lane, ReadOnlySpan<byte> rho, int index)
    {
        _states.Clear(lane);
        _states.Absorb(lane, 0, rho);
        _states.Absorb(lane, SeedBytes, [(byte)(index % L), (byte)(index / L)]);
        _states.Pad(lane, SeedBytes + 2, Rate, Sponge.ShakeSuffix);
    }

    private void Permute()
    {
        if (_rider.IsDone)
        {
            _states.Permute(KeccakLanes.Width);
        }
        else
        {
            _rider.Advance(ref _states, RiderLane, alone: false);
        }
    }

    /// <summary>Takes 23 bits of every three bytes, where they are below q; returns how many coefficients are set.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    [SkipLocalsInit]
    private static int Sample(ReadOnlySpan<byte> bytes, int length, ref Poly poly, int count)
    {
        ReadOnlySpan<byte> source = bytes[..(length + Packing.SlackBytes)];
        T mask = T.Create(0x7fffff);
        int at = 0;
        for (; at < length && count <= N - T.Count; at += 3 * T.Count)
        {
            int available = (length - at) / 3;
            if (available < T.Count)
            {
                break;
            }

            T value = Packing<T>.Load(in source[at], 0, 24) & mask;
            count += T.StoreBelow(value, Q, ref poly[count]);
        }

        for (; at < length && count < N; at += 3)
        {
            int value = source[at] | (source[at + 1] << 8) | ((source[at + 2] & 0x7f) << 16);
            if (value < Q)
            {
                poly[count++] = value;
            }
        }

        return count;
    }

    /// <summary>Five blocks are enough but for one polynomial in very many: the rest of that one, by itself.</summary>
    private static void Continue(ReadOnlySpan<byte> rho, int index, ref Poly poly, int count)
    {
        Span<byte> block = stackalloc byte[Rate + Packing.SlackBytes];
        Sponge sponge = Sponge.Shake128();
        sponge.Absorb(rho);
        sponge.Absorb([(byte)(index % L), (byte)(index / L)]);
        for (int i = 0; i < Blocks; i++)
        {
            sponge.Squeeze(block[..Rate]);
        }

        while (count < N)
        {
            sponge.Squeeze(block[..Rate]);
            count = Sample(block, Rate, ref poly, count);
        }
    }
}
