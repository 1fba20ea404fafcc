using System.Runtime.CompilerServices;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// The matrix A from ρ (FIPS 204 algorithms 30 and 32), as many polynomials at a time as states are permuted together.
/// Where a public key is at hand its hash tr rides along in one of the lanes. All of it is public.
/// </summary>
internal ref struct MatrixExpansion<T>
    where T : struct, ILanes<T>
{
    private const int Rate = Sponge.Shake128Rate;
    private const int Blocks = 5;
    private const int Stride = (Blocks * Rate) + KeccakLanes.ReadSlackBytes;
    private const int NoLane = -1;

    private KeccakLanes _states;
    private ReadOnlySpan<byte> _rest;
    private Span<byte> _keyHash;
    private int _hashLane;
    private int _columns;

    /// <summary>The matrix, row after row, in the NTT domain, coefficients from 0 to q - 1.</summary>
    public static void Expand(ReadOnlySpan<byte> rho, Span<Poly> matrix)
    {
        MatrixExpansion<T> expansion = default;
        expansion._hashLane = NoLane;
        expansion._columns = L;
        expansion.Run(rho, matrix);
    }

    /// <summary>The matrix, one place left free at the end of each row, and tr = H(public key, 64).</summary>
    public static void Expand(ReadOnlySpan<byte> publicKey, Span<Poly> rows, Span<byte> keyHash)
    {
        MatrixExpansion<T> expansion = default;
        expansion._hashLane = NoLane;
        expansion._columns = L + 1;
        if (KeccakLanes.Width > 1)
        {
            expansion._hashLane = KeccakLanes.Width - 1;
            expansion._rest = publicKey;
            expansion._keyHash = keyHash;
        }
        else
        {
            Sha3.Shake256(publicKey, keyHash);
        }

        expansion.Run(publicKey[..SeedBytes], rows);
    }

    [SkipLocalsInit]
    private void Run(ReadOnlySpan<byte> rho, Span<Poly> matrix)
    {
        Span<byte> buffer = stackalloc byte[KeccakLanes.Count * Stride];
        for (int next = 0; next < K * L;)
        {
            int lanes = Math.Min(_hashLane == NoLane ? KeccakLanes.Width : _hashLane, (K * L) - next);
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
                ref Poly poly = ref matrix[((next + lane) / L * _columns) + ((next + lane) % L)];
                int count = Sample(buffer.Slice(lane * Stride, Stride), Blocks * Rate, ref poly, 0);
                if (count < N)
                {
                    Continue(rho, next + lane, ref poly, count);
                }
            }

            next += lanes;
        }

        while (_hashLane != NoLane)
        {
            Permute();
        }
    }

    private void Begin(int lane, ReadOnlySpan<byte> rho, int index)
    {
        _states.Clear(lane);
        _states.Absorb(lane, 0, rho);
        _states.Absorb(lane, SeedBytes, [(byte)(index % L), (byte)(index / L)]);
        _states.Pad(lane, SeedBytes + 2, Rate, Sponge.ShakeSuffix);
    }

    /// <summary>One permutation, which also takes the hash of the key one block on.</summary>
    private void Permute()
    {
        bool last = false;
        if (_hashLane != NoLane)
        {
            int count = Math.Min(_rest.Length, Sponge.Shake256Rate);
            last = count < Sponge.Shake256Rate;
            _states.Absorb(_hashLane, 0, _rest[..count]);
            _rest = _rest[count..];
            if (last)
            {
                _states.Pad(_hashLane, count, Sponge.Shake256Rate, Sponge.ShakeSuffix);
            }
        }

        _states.Permute(KeccakLanes.Width);
        if (last)
        {
            _states.Read(_hashLane, _keyHash);
            _hashLane = NoLane;
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
