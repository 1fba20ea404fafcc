using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Tests;

public sealed class BatchTests
{
    private static readonly SigningKey[] Keys = [.. Enumerable.Range(0, 3).Select(i => SigningKey.FromSeed(Pattern.Bytes($"batch {i}", 32)))];

    [Theory]
    [ClassData(typeof(Widths))]
    public void A_batch_gives_each_item_the_verdict_that_it_has_alone(Width width)
    {
        VerifyItem[] items = Items(75);
        bool[] expected = [.. items.Select(item =>
            MlDsa65.Verify(item.Key is { } key ? key.PublicKey : item.PublicKey.Span, item.Message.Span, [], item.Signature.Span))];
        Assert.Contains(true, expected);
        Assert.Contains(false, expected);
        Assert.Equal(expected, IScheme.Of(width).VerifyBatch(items));
        for (int count = 0; count < 20; count++)
        {
            bool[] valid = new bool[count];
            MlDsa65.VerifyBatch(items.AsSpan(0, count), valid);
            Assert.Equal(expected[..count], valid);
        }
    }

    /// <summary>
    /// More than one group of the batch, so that the fault stands first, last, and on both sides of a seam.
    /// </summary>
    [Fact]
    public void One_bad_signature_is_named_by_its_own_index_and_no_other()
    {
        const int count = 35;
        VerifyItem[] sound = [.. Items(3 * count).Where((_, i) => i % 3 != 2).Take(count)];
        bool[] valid = new bool[count];
        MlDsa65.VerifyBatch(sound, valid);
        Assert.DoesNotContain(false, valid);
        int[] places = [0, Parameters.ChallengeBytes + 5, Mutations.HintsAt, Mutations.EndsAt + 2];
        for (int bad = 0; bad < count; bad++)
        {
            byte[] broken = sound[bad].Signature.ToArray();
            broken[places[bad % places.Length]] ^= 0x81;
            VerifyItem[] items = [.. sound];
            items[bad] = sound[bad].Key is { } key
                ? new VerifyItem(key, sound[bad].Message, broken)
                : new VerifyItem(sound[bad].PublicKey, sound[bad].Message, broken);
            MlDsa65.VerifyBatch(items, valid);
            Assert.Equal(Enumerable.Range(0, count).Select(i => i != bad), valid);
        }
    }

    [Fact]
    public void Slices_of_a_batch_give_what_the_whole_gives()
    {
        VerifyItem[] items = Items(40);
        bool[] whole = new bool[items.Length];
        bool[] sliced = new bool[items.Length];
        MlDsa65.VerifyBatch(items, whole);
        MlDsa65.VerifyBatch(items.AsSpan(0, 13), sliced.AsSpan(0, 13));
        MlDsa65.VerifyBatch(items.AsSpan(13), sliced.AsSpan(13));
        Assert.Equal(whole, sliced);
    }

    [Fact]
    public void Lengths_that_no_signature_has_are_invalid_and_disturb_no_neighbour()
    {
        VerifyItem[] items = Items(6);
        items[1] = new VerifyItem(items[1].PublicKey, items[1].Message, default);
        items[2] = new VerifyItem(default(ReadOnlyMemory<byte>), items[2].Message, items[2].Signature);
        items[3] = new VerifyItem(new byte[1951], items[3].Message, new byte[3309]);
        bool[] valid = new bool[items.Length];
        MlDsa65.VerifyBatch(items, valid);
        Assert.Equal([true, false, false, false, true, false], valid);
        Assert.Throws<ArgumentException>(() => MlDsa65.VerifyBatch(items, new bool[5]));
        Assert.Throws<ArgumentNullException>(() => new VerifyItem(default(VerificationKey)!, default, default));
    }

    [Fact]
    public void Nothing_is_allocated_by_signing_or_verifying()
    {
        VerifyItem[] items = Items(16);
        bool[] valid = new bool[items.Length];
        byte[] signature = new byte[MlDsa65.SignatureBytes];
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] zeros = new byte[32];
        VerificationKeyCache cache = new(16);
        VerificationKey expanded = cache.Get(Keys[0].Id, Keys[0].PublicKey.Span);
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5; i++)
        {
            Run();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            MlDsa65.GenerateKey(zeros, publicKey, secretKey);
            MlDsa65.Sign(secretKey, zeros, [], zeros, signature);
            Keys[0].Sign(zeros, zeros, signature);
            MlDsa65.Verify(publicKey, zeros, [], signature);
            expanded.Verify(zeros, [], signature);
            cache.Get(Keys[0].Id, Keys[0].PublicKey.Span);
            MlDsa65.VerifyBatch(items, valid);
        }
    }

    /// <summary>Every third one is broken somewhere; keys come raw and expanded.</summary>
    private static VerifyItem[] Items(int count)
    {
        VerificationKey[] expanded = [.. Keys.Select(key => new VerificationKey(key.PublicKey.Span))];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            int key = i % Keys.Length;
            byte[] message = Pattern.Bytes($"item {i}", i * 71 % 1900);
            byte[] signature = Keys[key].Sign(message, new byte[32]);
            if (i % 3 == 2)
            {
                signature[(i * 331) % signature.Length] ^= (byte)(1 << (i % 8));
            }

            return i % 2 == 0
                ? new VerifyItem(expanded[key], message, signature)
                : new VerifyItem(Keys[key].PublicKey, message, signature);
        })];
    }
}
