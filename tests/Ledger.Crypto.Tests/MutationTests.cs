using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Tests;

public sealed class MutationTests
{
    private static readonly Specimen Sound = new();

    [Theory]
    [ClassData(typeof(Widths))]
    public void Every_class_of_broken_signature_is_refused(Width width)
    {
        IScheme scheme = IScheme.Of(width);
        Assert.True(scheme.Verify(Sound.PublicKey, Sound.Message, [], Sound.Signature));
        int classes = 0;
        foreach ((string name, byte[] broken) in Mutations.Of(Sound.Signature).Where(m => m.Signature.Length == 3309))
        {
            classes++;
            Assert.False(scheme.Verify(Sound.PublicKey, Sound.Message, [], broken), name);
            Assert.False(scheme.VerifyExpanded(Sound.PublicKey, Sound.Message, [], broken), name);
            Assert.Equal([false], scheme.VerifyBatch([new VerifyItem(Sound.PublicKey, Sound.Message, broken)]));
        }

        if (width == Widths.Widest)
        {
            Counts.Add(
                "mutations",
                $"{classes} broken signatures refused alone, under an expanded key and in a batch: 0 accepted");
        }
    }

    [Fact]
    public void Another_length_is_refused()
    {
        VerificationKey key = new(Sound.PublicKey);
        Assert.True(key.Verify(Sound.Message, [], Sound.Signature));
        foreach ((string name, byte[] broken) in Mutations.Of(Sound.Signature).Where(m => m.Signature.Length != 3309))
        {
            Assert.False(MlDsa65.Verify(Sound.PublicKey, Sound.Message, [], broken), name);
            Assert.False(key.Verify(Sound.Message, [], broken), name);
        }
    }

    [Fact]
    public void Another_message_context_or_key_is_refused()
    {
        using SigningKey other = SigningKey.FromSeed(new byte[32]);
        byte[] longer = [.. Sound.Message, 0];
        Assert.True(MlDsa65.Verify(Sound.PublicKey, Sound.Message, [], Sound.Signature));
        Assert.False(MlDsa65.Verify(Sound.PublicKey, longer, [], Sound.Signature));
        Assert.False(MlDsa65.Verify(Sound.PublicKey, Sound.Message.AsSpan(1), [], Sound.Signature));
        Assert.False(MlDsa65.Verify(Sound.PublicKey, Sound.Message, [0], Sound.Signature));
        Assert.False(MlDsa65.Verify(other.PublicKey.Span, Sound.Message, [], Sound.Signature));
        for (int i = 0; i < MlDsa65.PublicKeyBytes; i += 61)
        {
            byte[] key = [.. Sound.PublicKey];
            key[i] ^= 1;
            Assert.False(MlDsa65.Verify(key, Sound.Message, [], Sound.Signature), $"byte {i} of the key");
        }
    }

    [Fact]
    public void A_context_cannot_be_passed_off_as_the_beginning_of_a_message()
    {
        using SigningKey key = SigningKey.FromSeed(new byte[32]);
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        byte[] signature = new byte[MlDsa65.SignatureBytes];
        MlDsa65.GenerateKey(new byte[32], publicKey, secretKey);
        MlDsa65.Sign(secretKey, "cd"u8, "ab"u8, new byte[32], signature);
        Assert.True(MlDsa65.Verify(publicKey, "cd"u8, "ab"u8, signature));
        Assert.False(MlDsa65.Verify(publicKey, "bcd"u8, "a"u8, signature));
        Assert.False(MlDsa65.Verify(publicKey, "abcd"u8, [], signature));
        Assert.False(MlDsa65.Verify(publicKey, "d"u8, "abc"u8, signature));
    }

    /// <summary>
    /// The guarantee is that hints have one spelling. Here a lenient reader stands in for ours: through it, what the
    /// strict one refuses becomes the sound signature again, so nothing else in verification would have caught it.
    /// </summary>
    [Fact]
    public void Only_strictness_stands_between_another_spelling_and_acceptance()
    {
        foreach ((string name, byte[] respelt) in Mutations.OtherSpellings(Sound.Signature))
        {
            Assert.NotEqual(Sound.Signature, respelt);
            Assert.False(MlDsa65.Verify(Sound.PublicKey, Sound.Message, [], respelt), name);
            Assert.True(MlDsa65.Verify(Sound.PublicKey, Sound.Message, [], ReadLeniently(respelt)), name);
        }

        static byte[] ReadLeniently(byte[] signature)
        {
            Poly[] hints = new Poly[Parameters.K];
            int index = 0;
            for (int row = 0; row < Parameters.K; row++)
            {
                for (; index < signature[Mutations.EndsAt + row]; index++)
                {
                    hints[row][signature[Mutations.HintsAt + index]] = 1;
                }
            }

            byte[] canonical = [.. signature];
            Hints.Pack(hints, canonical.AsSpan(Mutations.HintsAt));
            return canonical;
        }
    }
}
