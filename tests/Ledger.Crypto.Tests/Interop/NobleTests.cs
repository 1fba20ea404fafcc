using Ledger.Core.Hashing;
using Ledger.TestKit;

namespace Ledger.Crypto.Tests.Interop;

/// <summary>Both ways against @noble/post-quantum: plain JavaScript.</summary>
[Trait("Tier", "process")]
public sealed class NobleTests
{
    [FactThatNeeds("npm")]
    public void A_thousand_random_messages_have_the_same_signatures_and_are_accepted_both_ways()
    {
        using OtherImplementation noble = Start();
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] signature = new byte[MlDsa65.SignatureBytes];
        for (int i = 0; i < 1_000; i++)
        {
            byte[] message = Pattern.Bytes($"noble message {i}", (i * 97) % 3001);
            byte[] context = Pattern.Bytes($"noble context {i}", i % 2 == 0 ? 0 : (i * 13) % 256);
            byte[] randomizer = i % 3 == 0 ? new byte[32] : Pattern.Bytes($"noble randomizer {i}", 32);
            if (i % 10 == 0)
            {
                byte[] seed = Pattern.Bytes($"noble seed {i}", 32);
                MlDsa65.GenerateKey(seed, publicKey, secretKey);
                (byte[] theirPublicKey, byte[] theirSecretKey) = noble.Generate(seed);
                Assert.Equal(theirPublicKey, publicKey);
                Assert.Equal(theirSecretKey, secretKey);
            }

            MlDsa65.Sign(secretKey, message, context, randomizer, signature);
            byte[] theirs = noble.Sign(secretKey, message, context, randomizer);
            Assert.Equal(theirs, signature);
            Assert.True(noble.Verify(publicKey, message, context, signature));
            Assert.True(MlDsa65.Verify(publicKey, message, context, theirs));
        }

        Counts.Add("noble", "1,000 messages with contexts, 100 keys, signed and verified by each: 0 differ");
    }

    [FactThatNeeds("npm")]
    public void Both_give_the_same_verdict_on_every_class_of_broken_signature()
    {
        using OtherImplementation noble = Start();
        Specimen specimen = new();
        Assert.True(noble.Verify(specimen.PublicKey, specimen.Message, [], specimen.Signature));
        int classes = 0;
        foreach ((string name, byte[] broken) in Mutations.Of(specimen.Signature))
        {
            classes++;
            bool theirs = noble.Verify(specimen.PublicKey, specimen.Message, [], broken);
            Assert.True(theirs == MlDsa65.Verify(specimen.PublicKey, specimen.Message, [], broken), name);
        }

        Counts.Add("noble-mutations", $"{classes} broken signatures judged by both: 0 differ");
    }

    [FactThatNeeds("npm")]
    public void One_hash_over_keys_and_signatures_is_the_same() => CompareHashes(300);

    [FactThatNeeds("npm")]
    [Trait("Tier", "full")]
    public void One_hash_over_thousands_of_keys_and_signatures_is_the_same() => CompareHashes(3_000);

    private static void CompareHashes(int count)
    {
        using OtherImplementation noble = Start();
        string hash = AccumulatedHash.Compute(count);
        Assert.Equal(noble.Accumulate(count), hash);
        Counts.Add($"accumulated {count}", $"{count:N0} key pairs and deterministic signatures: {hash} on both sides");
    }

    private static OtherImplementation Start() =>
        new(Needs.Get("npm"), Checkout.PathOf("tests", "interop", "crypto", "mldsa65.mjs"));
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
