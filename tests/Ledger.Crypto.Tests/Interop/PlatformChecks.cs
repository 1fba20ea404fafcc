using System.Security.Cryptography;
using Ledger.Crypto.Providers;

namespace Ledger.Crypto.Tests.Interop;

/// <summary>Ours and the platform's over the same keys, messages, contexts and broken signatures.</summary>
internal static class PlatformChecks
{
    private const int KeyCount = 200;

    /// <summary>Throws at the first difference; else says what was compared.</summary>
    public static string Run()
    {
        int verdicts = 0;
        for (int i = 0; i < KeyCount; i++)
        {
            verdicts += CompareKey(i);
        }

        int classes = CompareMutations();
        CompareContexts();
        return $"{KeyCount} keys from seeds, {verdicts} signatures both ways, {classes} broken ones: 0 differ";
    }

    /// <summary>
    /// Hands the platform's signature over with something wrong: <see cref="PlatformSigner.Check"/> must throw.
    /// </summary>
    public static void Break(string kind)
    {
        byte[] seed = Pattern.Bytes("platform broken", 32);
        byte[] message = Pattern.Bytes("platform broken message", 500);
        using MLDsa platform = MLDsa.ImportMLDsaPrivateSeed(MLDsaAlgorithm.MLDsa65, seed);
        VerificationKey key = new(platform.ExportMLDsaPublicKey());
        byte[] signature = platform.SignData(message, kind == "foreign-context" ? [1] : []);
        switch (kind)
        {
            case "tampered":
                signature[1_000] ^= 4;
                break;
            case "another-message":
                message[0] ^= 1;
                break;
            default:
                Assert.Contains(kind, new[] { "sound", "foreign-context" });
                break;
        }

        PlatformSigner.Check(key, message, signature);
    }

    private static int CompareKey(int i)
    {
        byte[] seed = Pattern.Bytes($"platform seed {i}", 32);
        byte[] message = Pattern.Bytes($"platform message {i}", i * 17);
        byte[] randomizer = Pattern.Bytes($"platform randomizer {i}", 32);
        using MLDsa platform = MLDsa.ImportMLDsaPrivateSeed(MLDsaAlgorithm.MLDsa65, seed);
        using SigningKey managed = SigningKey.FromSeed(seed);
        using SigningKey key = SigningKey.FromSeed(seed, SignatureProvider.Platform);
        Assert.Equal(SignatureProvider.Platform, key.Provider);
        Assert.Equal(platform.ExportMLDsaPublicKey(), managed.PublicKey.ToArray());
        Assert.Equal(managed.PublicKey.ToArray(), key.PublicKey.ToArray());
        Assert.Equal(managed.Id, key.Id);
        byte[] ours = managed.Sign(message, randomizer);
        byte[] theirs = key.Sign(message, randomizer);
        Assert.NotEqual(theirs, key.Sign(message, randomizer));
        Assert.Throws<NotSupportedException>(() => key.Sign(message, new byte[32]));
        Assert.True(platform.VerifyData(message, ours));
        Assert.True(MlDsa65.Verify(key.PublicKey.Span, message, [], theirs));
        ours[i] ^= 1;
        theirs[^(i + 1)] ^= 1;
        Assert.False(platform.VerifyData(message, ours));
        Assert.False(MlDsa65.Verify(key.PublicKey.Span, message, [], theirs));
        return 4;
    }

    private static int CompareMutations()
    {
        Specimen specimen = new();
        using MLDsa platform = MLDsa.ImportMLDsaPublicKey(MLDsaAlgorithm.MLDsa65, specimen.PublicKey);
        Assert.True(platform.VerifyData(specimen.Message, specimen.Signature));
        int classes = 0;
        foreach ((string name, byte[] broken) in Mutations.Of(specimen.Signature))
        {
            bool theirs = broken.Length == MlDsa65.SignatureBytes && platform.VerifyData(specimen.Message, broken);
            Assert.True(theirs == MlDsa65.Verify(specimen.PublicKey, specimen.Message, [], broken), name);
            classes++;
        }

        return classes;
    }

    private static void CompareContexts()
    {
        byte[] seed = Pattern.Bytes("platform context seed", 32);
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] ours = new byte[MlDsa65.SignatureBytes];
        MlDsa65.GenerateKey(seed, publicKey, secretKey);
        using MLDsa platform = MLDsa.ImportMLDsaPrivateSeed(MLDsaAlgorithm.MLDsa65, seed);
        foreach (int length in new[] { 0, 1, 17, 254, 255 })
        {
            byte[] context = Pattern.Bytes($"platform context {length}", length);
            byte[] other = [.. context, 0];
            byte[] theirs = platform.SignData("m"u8.ToArray(), context);
            MlDsa65.Sign(secretKey, "m"u8, context, new byte[32], ours);
            Assert.True(platform.VerifyData("m"u8.ToArray(), ours, context));
            Assert.True(MlDsa65.Verify(publicKey, "m"u8, context, theirs));
            Assert.False(MlDsa65.Verify(publicKey, "m"u8, other, theirs));
            Assert.True(other.Length > 255 || !platform.VerifyData("m"u8.ToArray(), ours, other));
        }
    }
}
