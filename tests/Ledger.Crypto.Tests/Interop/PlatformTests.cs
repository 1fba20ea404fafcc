using System.Security.Cryptography;
using Ledger.TestKit;

namespace Ledger.Crypto.Tests.Interop;

/// <summary>Both ways against the platform's own ML-DSA, where its OpenSSL has one.</summary>
[Trait("Tier", "full")]
public sealed class PlatformTests
{
    [FactThatNeeds("platform-mldsa")]
    public void Keys_from_a_seed_are_equal_and_signatures_are_accepted_both_ways()
    {
        for (int i = 0; i < 200; i++)
        {
            byte[] seed = Pattern.Bytes($"platform seed {i}", 32);
            byte[] message = Pattern.Bytes($"platform message {i}", i * 17);
            using MLDsa platform = MLDsa.ImportMLDsaPrivateSeed(MLDsaAlgorithm.MLDsa65, seed);
            using SigningKey key = SigningKey.FromSeed(seed);
            Assert.Equal(platform.ExportMLDsaPublicKey(), key.PublicKey.ToArray());
            byte[] ours = key.Sign(message, Pattern.Bytes($"platform randomizer {i}", 32));
            byte[] theirs = platform.SignData(message);
            Assert.True(platform.VerifyData(message, ours));
            Assert.True(MlDsa65.Verify(key.PublicKey.Span, message, [], theirs));
            ours[i] ^= 1;
            Assert.False(platform.VerifyData(message, ours));
        }
    }
}
