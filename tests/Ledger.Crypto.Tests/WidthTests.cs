using System.Diagnostics.CodeAnalysis;
using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Tests;

/// <summary>All widths give the bytes of plain arithmetic, and plain arithmetic gives those of the definitions.</summary>
public sealed class WidthTests
{
    [Theory]
    [ClassData(typeof(Widths))]
    public void Keys_signatures_and_verdicts_are_the_same_bytes_at_every_width(Width width)
    {
        IScheme plain = IScheme.Of(Width.One);
        IScheme scheme = IScheme.Of(width);
        for (int i = 0; i < 60; i++)
        {
            byte[] seed = Pattern.Bytes($"width seed {i}", 32);
            byte[] message = Pattern.Bytes($"width message {i}", i * 31);
            byte[] context = Pattern.Bytes($"width context {i}", i * 4);
            byte[] randomizer = Pattern.Bytes($"width randomizer {i}", 32);
            (byte[] PublicKey, byte[] SecretKey, byte[] Signature) expected = Make(plain);
            (byte[] PublicKey, byte[] SecretKey, byte[] Signature) actual = Make(scheme);
            Assert.Equal(expected.PublicKey, actual.PublicKey);
            Assert.Equal(expected.SecretKey, actual.SecretKey);
            Assert.Equal(expected.Signature, actual.Signature);
            Assert.True(scheme.Verify(actual.PublicKey, message, context, actual.Signature));
            Assert.True(scheme.VerifyExpanded(actual.PublicKey, message, context, actual.Signature));
            actual.Signature[i * 55] ^= 1;
            Assert.False(scheme.Verify(actual.PublicKey, message, context, actual.Signature));
            Assert.False(scheme.VerifyExpanded(actual.PublicKey, message, context, actual.Signature));

            (byte[] PublicKey, byte[] SecretKey, byte[] Signature) Make(IScheme by)
            {
                byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
                byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
                byte[] signature = new byte[MlDsa65.SignatureBytes];
                by.Generate(seed, publicKey, secretKey);
                by.Sign(secretKey, message, context, randomizer, signature);
                return (publicKey, secretKey, signature);
            }
        }
    }

    [Fact]
    public void The_transform_at_every_width_is_evaluation_at_the_odd_powers()
    {
        Check<Lane>();
        if (Lanes8.IsSupported)
        {
            Check<Lanes8>();
        }

        if (Lanes16.IsSupported)
        {
            Check<Lanes16>();
        }

        static void Check<T>()
            where T : struct, ILanes<T>
        {
            Poly poly = Random("ntt", -Parameters.Q + 1, Parameters.Q);
            Poly transformed = poly;
            Ntt<T>.Forward(ref transformed);
            for (int i = 0; i < Parameters.N; i++)
            {
                // FIPS 204 §7.5: element i is the value at ζ^(2·BitRev8(i)+1).
                int exponent = (2 * ReverseBits(i)) + 1;
                long point = 1;
                for (int e = 0; e < exponent; e++)
                {
                    point = point * 1753 % Parameters.Q;
                }

                long value = 0;
                for (int j = Parameters.N - 1; j >= 0; j--)
                {
                    value = ((value * point) + poly[j]) % Parameters.Q;
                }

                Assert.Equal(0, (value - transformed[i]) % Parameters.Q);
                Assert.True(Math.Abs(transformed[i]) < 9 * Parameters.Q);
            }

            // The inverse undoes it, and the factor R that it adds stands for the R^-1 of a product.
            Poly one = default;
            ((Span<int>)one).Fill(1);
            Ntt<T>.Multiply(in transformed, in one, ref transformed);
            Ntt<T>.InverseOfProduct(ref transformed);
            for (int i = 0; i < Parameters.N; i++)
            {
                Assert.Equal(0, (transformed[i] - poly[i]) % Parameters.Q);
                Assert.True(Math.Abs(transformed[i]) < 3L * Parameters.Q / 4);
                int nearest = ((poly[i] % Parameters.Q) + (3 * Parameters.Q / 2)) % Parameters.Q - (Parameters.Q / 2);
                Assert.True(Math.Abs(nearest) >= Parameters.Q / 4 || transformed[i] == nearest);
            }
        }
    }

    [Fact]
    public void Rounding_is_that_of_the_standard_for_every_residue()
    {
        Poly r = default;
        Poly high = default;
        Poly low = default;
        for (int first = 0; first < Parameters.Q; first += Parameters.N)
        {
            for (int i = 0; i < Parameters.N; i++)
            {
                r[i] = Math.Min(first + i, Parameters.Q - 1);
            }

            Decompose(in r, ref high, ref low);
            for (int i = 0; i < Parameters.N; i++)
            {
                const int alpha = 2 * Parameters.Gamma2;
                int expectedLow = r[i] % alpha;
                expectedLow = expectedLow > Parameters.Gamma2 ? expectedLow - alpha : expectedLow;
                bool wraps = r[i] - expectedLow == Parameters.Q - 1;
                int expectedHigh = wraps ? 0 : (r[i] - expectedLow) / alpha;
                expectedLow = wraps ? expectedLow - 1 : expectedLow;
                if (high[i] != expectedHigh || low[i] != expectedLow)
                {
                    Assert.Fail($"{r[i]}: {high[i]}, {low[i]} instead of {expectedHigh}, {expectedLow}");
                }
            }
        }

        static void Decompose(in Poly r, ref Poly high, ref Poly low)
        {
            Poly plainHigh = default;
            Poly plainLow = default;
            Rounding<Lane>.Decompose(in r, ref high, ref low);
            if (Lanes8.IsSupported)
            {
                Rounding<Lanes8>.Decompose(in r, ref plainHigh, ref plainLow);
                Assert.True(((ReadOnlySpan<int>)high).SequenceEqual(plainHigh) && ((ReadOnlySpan<int>)low).SequenceEqual(plainLow));
            }

            if (Lanes16.IsSupported)
            {
                Rounding<Lanes16>.Decompose(in r, ref plainHigh, ref plainLow);
                Assert.True(((ReadOnlySpan<int>)high).SequenceEqual(plainHigh) && ((ReadOnlySpan<int>)low).SequenceEqual(plainLow));
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(13)]
    [InlineData(20)]
    [InlineData(24)]
    [SuppressMessage("Performance", "CA1857", Justification = "A constant is faster, and speed is not what is tested.")]
    public void Packing_undoes_unpacking_at_every_width(int bits)
    {
        Poly poly = Random($"packing {bits}", 0, 1 << bits);
        byte[] plain = new byte[(Parameters.N * bits / 8) + Packing.SlackBytes];
        Packing<Lane>.Pack(in poly, bits, plain);
        Check<Lane>();
        if (Lanes8.IsSupported)
        {
            Check<Lanes8>();
        }

        if (Lanes16.IsSupported)
        {
            Check<Lanes16>();
        }

        void Check<T>()
            where T : struct, ILanes<T>
        {
            byte[] bytes = new byte[plain.Length];
            Packing<T>.Pack(in poly, bits, bytes);
            Assert.Equal(plain, bytes);
            Poly back = default;
            Packing<T>.Unpack(bytes, bits, ref back);
            Assert.Equal(((ReadOnlySpan<int>)poly).ToArray(), ((ReadOnlySpan<int>)back).ToArray());
            Assert.Throws<IndexOutOfRangeException>(() => Packing<T>.Unpack(bytes.AsSpan(1), bits, ref back));
        }
    }

    [Fact]
    public void Hints_are_made_exactly_where_the_high_part_would_change()
    {
        Poly high = Random("hint high", 0, 16);
        Poly low = Random("hint low", -Parameters.Gamma2 - 3, Parameters.Gamma2 + 4);
        int[] edges = [-Parameters.Gamma2 - 1, -Parameters.Gamma2, -Parameters.Gamma2 + 1, Parameters.Gamma2, Parameters.Gamma2 + 1, 0];
        for (int i = 0; i < 2 * edges.Length; i++)
        {
            low[i] = edges[i % edges.Length];
            high[i] = i < edges.Length ? 0 : 1 + i;
        }

        Check<Lane>();
        if (Lanes8.IsSupported)
        {
            Check<Lanes8>();
        }

        if (Lanes16.IsSupported)
        {
            Check<Lanes16>();
        }

        void Check<T>()
            where T : struct, ILanes<T>
        {
            Poly hint = default;
            int count = Rounding<T>.MakeHint(in low, in high, ref hint);
            int expectedCount = 0;
            for (int i = 0; i < Parameters.N; i++)
            {
                int r = ((high[i] * 2 * Parameters.Gamma2) + low[i] + Parameters.Q) % Parameters.Q;
                Poly one = default;
                Poly oneHigh = default;
                Poly oneLow = default;
                one[0] = r;
                Rounding<Lane>.Decompose(in one, ref oneHigh, ref oneLow);
                int expected = oneHigh[0] == high[i] ? 0 : 1;
                Assert.True(hint[i] == expected, $"{i}: high {high[i]}, low {low[i]}");
                expectedCount += expected;
            }

            Assert.Equal(expectedCount, count);
        }
    }

    private static int ReverseBits(int i)
    {
        int reversed = 0;
        for (int bit = 0; bit < 8; bit++)
        {
            reversed |= ((i >> bit) & 1) << (7 - bit);
        }

        return reversed;
    }

    private static Poly Random(string label, int from, int to)
    {
        ReadOnlySpan<byte> bytes = Pattern.Bytes(label, Parameters.N * 4);
        Poly poly = default;
        for (int i = 0; i < Parameters.N; i++)
        {
            poly[i] = from + (int)(BitConverter.ToUInt32(bytes[(4 * i)..]) % (uint)(to - from));
        }

        return poly;
    }
}
