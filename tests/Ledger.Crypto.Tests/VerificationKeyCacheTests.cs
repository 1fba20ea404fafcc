using Ledger.Core;

namespace Ledger.Crypto.Tests;

public sealed class VerificationKeyCacheTests
{
    private static readonly SigningKey[] Keys = [.. Enumerable.Range(0, 40).Select(i => SigningKey.FromSeed(Pattern.Bytes($"cache {i}", 32)))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(39)]
    [InlineData(64)]
    public void It_holds_the_keys_asked_for_last_and_no_more(int capacity)
    {
        VerificationKeyCache cache = new(capacity);
        List<int> expected = [];
        ReadOnlySpan<byte> order = Pattern.Bytes($"cache order {capacity}", 2_000);
        ulong hits = 0;
        for (int i = 0; i < order.Length; i++)
        {
            // Some keys are asked for much more often than others.
            int key = order[i] % (order[i] < 128 ? 5 : Keys.Length);
            hits += expected.Remove(key) ? 1UL : 0;
            expected.Insert(0, key);
            expected = [.. expected.Take(capacity)];
            Assert.Equal(Keys[key].Id, cache.Get(Keys[key].Id, Keys[key].PublicKey.Span).Id);
            Assert.Equal(hits, cache.Hits);
            Assert.Equal(expected.Count, cache.Count);
        }

        Assert.Equal((ulong)order.Length - hits, cache.Misses);
    }

    [Fact]
    public void The_same_object_comes_back_until_it_is_pushed_out()
    {
        VerificationKeyCache cache = new(2);
        VerificationKey first = Get(0);
        Get(1);
        Assert.Same(first, Get(0));
        Get(2);
        Assert.Same(first, Get(0));
        Get(1);
        Get(2);
        Assert.NotSame(first, Get(0));
        Assert.True(first.Verify([], [], Keys[0].Sign([], new byte[32])));

        VerificationKey Get(int i) => cache.Get(Keys[i].Id, Keys[i].PublicKey.Span);
    }

    /// <summary>
    /// The cache is one thread's at a time, what it hands out is anyone's: also while other threads push it out.
    /// </summary>
    [Fact]
    public void Keys_serve_several_threads_while_the_cache_behind_a_lock_pushes_them_out()
    {
        const int capacity = 3;
        VerificationKeyCache cache = new(capacity);
        Lock gate = new();
        byte[][] signatures = [.. Keys.Select(key => key.Sign("m"u8, new byte[32]))];
        Parallel.For(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            int asked = (i * 7) % 11;
            VerificationKey key;
            lock (gate)
            {
                key = cache.Get(Keys[asked].Id, Keys[asked].PublicKey.Span);
                Assert.InRange(cache.Count, 1, capacity);
            }

            Assert.True(key.Verify("m"u8, [], signatures[asked]));
            Assert.False(key.Verify("m"u8, [], signatures[(asked + 1) % 11]));
        });
        Assert.Equal(2_000UL, cache.Hits + cache.Misses);
    }

    [Fact]
    public void It_never_gives_one_key_for_another()
    {
        VerificationKeyCache cache = new(4);
        cache.Get(Keys[0].Id, Keys[0].PublicKey.Span);
        Assert.Throws<ArgumentException>(() => cache.Get(Keys[0].Id, Keys[1].PublicKey.Span));
        Assert.Throws<ArgumentException>(() => cache.Get(default, Keys[1].PublicKey.Span));
        Assert.Throws<ArgumentException>(() => cache.Get(Keys[0].Id, []));
        Assert.Equal(Keys[0].Id, cache.Get(Keys[0].Id, Keys[0].PublicKey.Span).Id);
        Assert.Equal(1, cache.Count);
    }
}
