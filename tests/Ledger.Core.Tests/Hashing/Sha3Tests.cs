using System.Security.Cryptography;
using System.Text;
using Ledger.Core.Hashing;

namespace Ledger.Core.Tests.Hashing;

public sealed class Sha3Tests
{
    /// <summary>Published by NIST beside FIPS 202: the empty message and "abc".</summary>
    [Theory]
    [InlineData("", "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26")]
    [InlineData("abc", "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0")]
    public void Sha3_512_gives_the_published_values(string message, string expected)
    {
        byte[] hash = new byte[64];
        Sha3.Hash512(Encoding.ASCII.GetBytes(message), hash);
        Assert.Equal(expected, Convert.ToHexStringLower(hash));
    }

    [Theory]
    [InlineData(true, "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")]
    [InlineData(false, "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f")]
    public void Shake_of_nothing_gives_the_published_values(bool is128, string expected)
    {
        byte[] output = new byte[32];
        if (is128)
        {
            Sha3.Shake128([], output);
        }
        else
        {
            Sha3.Shake256([], output);
        }

        Assert.Equal(expected, Convert.ToHexStringLower(output));
    }

    [Fact]
    public void Every_length_around_the_block_boundaries_agrees_with_the_platform()
    {
        if (!SHA3_512.IsSupported)
        {
            return; // The published values above still hold us.
        }

        byte[] data = Pattern(700);
        byte[] hash = new byte[64];
        byte[] stream = new byte[500];
        for (int length = 0; length <= data.Length; length++)
        {
            Sha3.Hash512(data.AsSpan(0, length), hash);
            Assert.Equal(SHA3_512.HashData(data.AsSpan(0, length)), hash);
            Sha3.Shake128(data.AsSpan(0, length), stream);
            Assert.Equal(Shake128.HashData(data.AsSpan(0, length), 500), stream);
            Sha3.Shake256(data.AsSpan(0, length), stream);
            Assert.Equal(Shake256.HashData(data.AsSpan(0, length), 500), stream);
        }
    }

    [Fact]
    public void Pieces_of_any_size_give_the_same_as_the_whole()
    {
        byte[] data = Pattern(1000);
        byte[] whole = new byte[777];
        Sha3.Shake256(data, whole);
        for (int step = 1; step < 300; step += 7)
        {
            Sponge sponge = Sponge.Shake256();
            for (int at = 0; at < data.Length; at += step)
            {
                sponge.Absorb(data.AsSpan(at, Math.Min(step, data.Length - at)));
            }

            byte[] pieces = new byte[whole.Length];
            for (int at = 0; at < pieces.Length; at += step)
            {
                sponge.Squeeze(pieces.AsSpan(at, Math.Min(step, pieces.Length - at)));
            }

            Assert.Equal(whole, pieces);
        }
    }

    [Fact]
    public void A_sponge_refuses_input_after_output_and_a_default_one_refuses_everything()
    {
        Sponge sponge = Sponge.Shake128();
        sponge.Absorb([1]);
        sponge.Squeeze(new byte[1]);
        Assert.Throws<InvalidOperationException>(() => sponge.Absorb([2]));
        Sponge none = default;
        Assert.Throws<InvalidOperationException>(() => none.Absorb([1]));
        Assert.Throws<InvalidOperationException>(() => none.Squeeze(new byte[1]));
    }

    private static byte[] Pattern(int length)
    {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
        {
            data[i] = (byte)((i * 167) + (i >> 8));
        }

        return data;
    }
}
