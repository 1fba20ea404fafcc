namespace Ledger.Node.Hosting;

/// <summary>A limit on what is going on at once. Whoever does not get in is told so at once, and waits nowhere. Thread-safe.</summary>
internal sealed class Gate(long capacity)
{
    private long _inside;

    /// <summary>Pair with <see cref="Leave"/>.</summary>
    public bool TryEnter(long amount)
    {
        if (Interlocked.Add(ref _inside, amount) <= capacity)
        {
            return true;
        }

        Leave(amount);
        return false;
    }

    public void Leave(long amount) => Interlocked.Add(ref _inside, -amount);
}
