using Ledger.Core.Hashing;

namespace Ledger.Crypto.Tests;

/// <summary>Both ways against an implementation that shares nothing with ours.</summary>
[Trait("Needs", "processes")]
public sealed class NobleTests(NobleProcess noble) : IClassFixture<NobleProcess>
{
    [Fact]
    public void Both_make_the_same_keys_and_the_same_signatures_and_accept_each_other()
    {
        for (int i = 0; i < 40; i++)
        {
            byte[] seed = Pattern.Bytes($"noble seed {i}", 32);
            byte[] message = Pattern.Bytes($"noble message {i}", (i * 97) % 3001);
            byte[] context = Pattern.Bytes($"noble context {i}", i % 2 == 0 ? 0 : (i * 13) % 256);
            byte[] randomizer = i % 3 == 0 ? new byte[32] : Pattern.Bytes($"noble randomizer {i}", 32);
            byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
            byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
            byte[] signature = new byte[MlDsa65.SignatureBytes];
            MlDsa65.GenerateKey(seed, publicKey, secretKey);
            MlDsa65.Sign(secretKey, message, context, randomizer, signature);

            (byte[] theirPublicKey, byte[] theirSecretKey) = noble.Generate(seed);
            Assert.Equal(theirPublicKey, publicKey);
            Assert.Equal(theirSecretKey, secretKey);
            Assert.Equal(noble.Sign(secretKey, message, context, randomizer), signature);
            Assert.True(noble.Verify(publicKey, message, context, signature));
            Assert.True(MlDsa65.Verify(publicKey, message, context, signature));
        }
    }

    [Fact]
    public void One_hash_over_hundreds_of_keys_and_signatures_is_the_same()
    {
        const int count = 300;
        Assert.Equal(noble.Accumulate(count), AccumulatedHash.Compute(count));
    }
}

/// <summary>SHAKE256 over key pairs and deterministic signatures of messages of many lengths.</summary>
internal static class AccumulatedHash
{
    public static string Compute(int count)
    {
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] signature = new byte[MlDsa65.SignatureBytes];
        Sponge total = Sponge.Shake256();
        for (int i = 0; i < count; i++)
        {
            MlDsa65.GenerateKey(Pattern.Bytes($"seed {i}", 32), publicKey, secretKey);
            byte[] message = Pattern.Bytes($"message {i}", (i * 37) % 3000);
            MlDsa65.Sign(secretKey, message, [], new byte[MlDsa65.RandomizerBytes], signature);
            total.Absorb(publicKey);
            total.Absorb(secretKey);
            total.Absorb(signature);
        }

        byte[] hash = new byte[32];
        total.Squeeze(hash);
        return Convert.ToHexStringLower(hash);
    }
}
