using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Crypto.Lattice;
using Ledger.Crypto.Providers;

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

        static T Field<T>(SigningKey key, string name)
        {
            const BindingFlags hidden = BindingFlags.NonPublic | BindingFlags.Instance;
            object signer = typeof(SigningKey).GetField("_signer", hidden)!.GetValue(key)!;
            return (T)typeof(ManagedSigner).GetField(name, hidden)!.GetValue(signer)!;
        }
    }

    [Fact]
    public void Auto_is_managed_and_the_platform_is_taken_only_where_there_is_one()
    {
        using SigningKey usual = SigningKey.FromSeed(Seed);
        using SigningKey auto = SigningKey.FromSeed(Seed, SignatureProvider.Auto);
        Assert.Equal(SignatureProvider.Managed, usual.Provider);
        Assert.Equal(SignatureProvider.Managed, auto.Provider);
        Assert.Equal(usual.Sign("m"u8, new byte[32]), auto.Sign("m"u8, new byte[32]));
        if (SignatureProviders.IsPlatformSupported)
        {
            using SigningKey platform = SigningKey.FromSeed(Seed, SignatureProvider.Platform);
            Assert.Equal(usual.Id, platform.Id);
        }
        else
        {
            PlatformNotSupportedException refused = Assert.Throws<PlatformNotSupportedException>(
                () => SigningKey.FromSeed(Seed, SignatureProvider.Platform));
            Assert.Contains("OpenSSL 3.5", refused.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => SigningKey.FromSeed(Seed, (SignatureProvider)9));
    }

    [Theory]
    [InlineData("auto", SignatureProvider.Auto)]
    [InlineData("managed", SignatureProvider.Managed)]
    [InlineData("platform", SignatureProvider.Platform)]
    [InlineData("Auto", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_provider_has_one_word(string? word, SignatureProvider? provider)
    {
        Assert.Equal(provider is not null, SignatureProviders.TryParse(word, out SignatureProvider parsed));
        Assert.Equal(provider ?? default, parsed);
    }

    [Fact]
    public void A_signature_of_the_platform_that_we_would_refuse_never_leaves()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        VerificationKey verification = new(key.PublicKey.Span);
        byte[] signature = key.Sign("m"u8, new byte[32]);
        PlatformSigner.Check(verification, "m"u8, signature);
        Assert.True(MlDsa65.Verify(key.PublicKey.Span, "m"u8, [], signature));
        signature[7] ^= 1;
        Assert.Throws<CryptographicException>(() => PlatformSigner.Check(verification, "m"u8, signature));
        Assert.Equal(new byte[MlDsa65.SignatureBytes], signature);
    }

    [Fact]
    public void Several_threads_sign_with_one_key()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        byte[][] expected = [.. Enumerable.Range(0, 32).Select(i => key.Sign(Pattern.Bytes($"{i}", 90), new byte[32]))];
        Parallel.For(0, 32, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            Assert.Equal(expected[i], key.Sign(Pattern.Bytes($"{i}", 90), new byte[32])));
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
