namespace Ledger.Simulator;

/// <summary>SplitMix64: the same numbers from the same seed on every platform and version.</summary>
internal class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 up to and not including <paramref name="end"/>.</summary>
    public virtual int Below(int end) => (int)(Next() % (ulong)end);

    /// <summary>Both ends included.</summary>
    public virtual long Between(long first, long last) => first + (long)(Next() % (ulong)(last - first + 1));

    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>A generator whose draws do not disturb this one's.</summary>
    public virtual SeededRandom Fork() => new(Next());
}

/// <summary>
/// No chance at all, for directed stories: the shortest delay, the first item, and only what is certain.
/// </summary>
internal sealed class NoChance() : SeededRandom(0)
{
    public override int Below(int end) => end == 100 ? 99 : 0;

    public override long Between(long first, long last) => first;

    public override SeededRandom Fork() => this;
}
