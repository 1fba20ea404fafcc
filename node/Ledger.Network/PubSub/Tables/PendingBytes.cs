namespace Ledger.Network.PubSub.Tables;

/// <summary>
/// Bytes of messages that wait for a verdict. Those of topics that go first are counted by themselves: a flood of others
/// takes nothing of their room.
/// </summary>
internal sealed class PendingBytes
{
    private long _first;
    private long _other;

    internal long All => _first + _other;

    internal long Of(bool first) => first ? _first : _other;

    internal void Add(bool first, long bytes)
    {
        if (first)
            _first += bytes;
        else
            _other += bytes;
    }
}
