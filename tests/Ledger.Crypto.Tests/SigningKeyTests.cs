using System.Reflection;
using System.Runtime.InteropServices;
using Ledger.Core;
using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Tests;

public sealed class SigningKeyTests
{
    private static readonly byte[] Seed = Pattern.Bytes("signing key", 32);

    [Fact]
    public void A_signing_key_gives_the_same_bytes_as_its_raw_secret_key()
    {
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] expected = new byte[MlDsa65.SignatureBytes];
        MlDsa65.GenerateKey(Seed, publicKey, secretKey);
        using SigningKey key = SigningKey.FromSeed(Seed);
        Assert.Equal(publicKey, key.PublicKey.ToArray());
        Assert.Equal(KeyId.Of(publicKey), key.Id);
        for (int i = 0; i < 20; i++)
        {
            byte[] message = Pattern.Bytes($"message {i}", i * 50);
            byte[] randomizer = Pattern.Bytes($"randomizer {i}", 32);
            MlDsa65.Sign(secretKey, message, [], randomizer, expected);
            Assert.Equal(expected, key.Sign(message, randomizer));
        }
    }

    [Fact]
    public void The_randomizer_hedges_and_both_signatures_hold()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        byte[] first = key.Sign("m"u8, Pattern.Bytes("a", 32));
        byte[] second = key.Sign("m"u8, Pattern.Bytes("b", 32));
        Assert.NotEqual(first, second);
        Assert.True(MlDsa65.Verify(key.PublicKey.Span, "m"u8, [], first));
        Assert.True(MlDsa65.Verify(key.PublicKey.Span, "m"u8, [], second));
    }

    [Fact]
    public void A_disposed_key_signs_nothing()
    {
        SigningKey key = SigningKey.FromSeed(Seed);
        key.Sign("m"u8, new byte[32]);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign("m"u8, new byte[32]));
    }

    [Fact]
    public void Disposing_wipes_every_byte_that_the_seed_made()
    {
        SigningKey key = SigningKey.FromSeed(Seed);
        byte[] secretKey = Field<byte[]>(key, "_secretKey");
        Poly[] expanded = Field<Poly[]>(key, "_expanded");
        Assert.NotEqual(-1, secretKey.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.NotEqual(-1, MemoryMarshal.AsBytes(expanded.AsSpan()).IndexOfAnyExcept((byte)0));
        key.Dispose();
        Assert.Equal(-1, secretKey.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, MemoryMarshal.AsBytes(expanded.AsSpan()).IndexOfAnyExcept((byte)0));

        KeyFileResult file = KeyFile.TryDecode(KeyFile.Encode(Seed, "", new byte[32], new byte[12], 1_000), "");
        Assert.Equal(Seed, file.Seed.ToArray());
        file.Dispose();
        Assert.Equal(new byte[32], file.Seed.ToArray());

        static T Field<T>(SigningKey key, string name) =>
            (T)typeof(SigningKey).GetField(name, BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(key)!;
    }

    [Fact]
    public void Wrong_lengths_are_the_callers_mistake_when_signing_and_no_signature_when_verifying()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        byte[] signature = key.Sign("m"u8, new byte[32]);
        Assert.True(MlDsa65.Verify(key.PublicKey.Span, "m"u8, [], signature));
        Assert.False(MlDsa65.Verify(key.PublicKey.Span[1..], "m"u8, [], signature));
        Assert.False(MlDsa65.Verify(key.PublicKey.Span, "m"u8, [], [.. signature, 0]));
        Assert.False(MlDsa65.Verify(key.PublicKey.Span, "m"u8, [], signature.AsSpan(1)));
        Assert.False(MlDsa65.Verify(key.PublicKey.Span, "m"u8, new byte[256], signature));
        Assert.False(MlDsa65.Verify(key.PublicKey.Span, "m"u8, new byte[1], signature));
        Assert.Throws<ArgumentException>(() => key.Sign("m"u8, new byte[31]));
        Assert.Throws<ArgumentException>(() => key.Sign("m"u8, new byte[32], new byte[3308]));
        Assert.Throws<ArgumentException>(() => SigningKey.FromSeed(new byte[33]));
        byte[] broken = new byte[MlDsa65.SecretKeyBytes];
        broken.AsSpan().Fill(0xff);
        Assert.Throws<ArgumentException>(() => MlDsa65.Sign(broken, "m"u8, [], new byte[32], new byte[MlDsa65.SignatureBytes]));
    }
}
