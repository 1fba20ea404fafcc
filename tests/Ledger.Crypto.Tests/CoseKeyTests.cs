using Ledger.Core.Cbor;

namespace Ledger.Crypto.Tests;

public sealed class CoseKeyTests
{
    private static readonly byte[] Seed = Pattern.Bytes("cose key", 32);

    [Fact]
    public void A_public_key_reads_back_and_its_first_bytes_are_those_of_the_registry()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        byte[] encoded = CoseKey.Encode(key.PublicKey.Span);
        Assert.Equal(CoseKey.PublicBytes, encoded.Length);

        // {1: 7, 3: -49, -1: bytes(1952)}
        Assert.Equal("a301070338302059" + "07a0", Convert.ToHexStringLower(encoded.AsSpan(0, 10)));
        Assert.True(CoseKey.TryParse(encoded, out ReadOnlySpan<byte> publicKey, out _));
        Assert.True(publicKey.SequenceEqual(key.PublicKey.Span));
    }

    [Fact]
    public void A_seed_reads_back_only_with_the_key_that_it_makes()
    {
        byte[] encoded = CoseKey.EncodeSecret(Seed);
        Assert.Equal(CoseKey.SecretBytes, encoded.Length);
        Assert.True(CoseKey.TryParseSecret(encoded, out ReadOnlySpan<byte> seed, out _));
        Assert.True(seed.SequenceEqual(Seed));
        encoded[^1] ^= 1;
        Assert.False(CoseKey.TryParseSecret(encoded, out _, out CborError error));
        Assert.Equal(new CborError(CborFault.WrongValue, 10), error);
    }

    [Fact]
    public void Any_other_encoding_is_refused_with_its_offset()
    {
        byte[] encoded = CoseKey.EncodeSecret(Seed);
        byte[] publicOnly = CoseKey.Encode(encoded.AsSpan(10, MlDsa65.PublicKeyBytes));
        Assert.True(CoseKey.TryParse(publicOnly, out _, out _));
        for (int i = 0; i < 10; i++)
        {
            byte[] changed = [.. publicOnly];
            changed[i] ^= 0x40;
            Assert.False(CoseKey.TryParse(changed, out _, out CborError error));
            Assert.Equal(new CborError(CborFault.WrongValue, i), error);
        }

        Assert.Equal(CborFault.WrongValue, Fault(encoded));
        Assert.Equal(CborFault.Truncated, Fault(publicOnly[..^1]));
        Assert.Equal(CborFault.Truncated, Fault([]));
        Assert.Equal(CborFault.TrailingBytes, Fault([.. publicOnly, 0]));
        encoded[CoseKey.PublicBytes] = 0x22;
        Assert.False(CoseKey.TryParseSecret(encoded, out _, out CborError label));
        Assert.Equal(CoseKey.PublicBytes, label.Offset);

        static CborFault Fault(byte[] bytes)
        {
            Assert.False(CoseKey.TryParse(bytes, out _, out CborError error));
            return error.Fault;
        }
    }
}
