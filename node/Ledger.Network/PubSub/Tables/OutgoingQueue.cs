using System.Diagnostics.CodeAnalysis;

namespace Ledger.Network.PubSub.Tables;

/// <summary>An encoded RPC. Many queues may hold the same one, whose bytes exist once.</summary>
internal sealed class OutgoingFrame(byte[] bytes)
{
    internal ReadOnlyMemory<byte> Bytes { get; } = bytes;

    internal int Length => Bytes.Length;

    /// <summary>What holding it costs, so that many small ones are not free.</summary>
    internal int Cost => Length + GossipLimits.EntryBytes;

    /// <summary>Queues that hold it.</summary>
    internal int Held { get; set; }
}

/// <summary>What all queues hold together, each frame counted once.</summary>
internal sealed class QueueBudget
{
    internal long Bytes { get; private set; }

    internal int Added(OutgoingFrame frame) => frame.Held == 0 ? frame.Cost : 0;

    internal void Hold(OutgoingFrame frame)
    {
        if (frame.Held++ == 0)
            Bytes += frame.Cost;
    }

    internal void Release(OutgoingFrame frame)
    {
        if (--frame.Held == 0)
            Bytes -= frame.Cost;
    }
}

/// <summary>
/// What waits for one peer: control before messages, and among these those of topics that go first; each lane bounded.
/// A few frames at a time are handed out; the rest waits here until those are written.
/// </summary>
internal sealed class OutgoingQueue(GossipLimits limits, GossipRules rules, QueueBudget budget)
{
    private readonly Queue<OutgoingFrame> _urgent = [];
    private readonly Queue<OutgoingFrame> _first = [];
    private readonly Queue<OutgoingFrame> _messages = [];
    private readonly Queue<OutgoingFrame> _inFlight = [];

    /// <summary>Bytes of control, waiting or in flight.</summary>
    internal long UrgentBytes { get; private set; }

    /// <summary>Bytes of messages that go first, waiting.</summary>
    internal long FirstBytes { get; private set; }

    /// <summary>Bytes of everything, waiting or in flight.</summary>
    internal long Bytes { get; private set; }

    internal bool IsEmpty => _inFlight.Count == 0 && _urgent.Count == 0 && _first.Count == 0 && _messages.Count == 0;

    /// <summary>False where there is no room; then nothing has changed.</summary>
    internal bool TryAddMessage(OutgoingFrame frame, bool first = false)
    {
        long waiting = first ? FirstBytes : Bytes - UrgentBytes - FirstBytes;
        if (!rules.HasRoom(waiting, frame.Cost, limits.QueueBytesPerPeerMax)
            || !rules.HasRoom(
                budget.Bytes, budget.Added(frame), limits.QueueBytesMax - (first ? 0 : limits.QueueReserve)))
            return false;
        if (first)
            FirstBytes += frame.Cost;
        Add(first ? _first : _messages, frame);
        return true;
    }

    internal bool TryAddUrgent(OutgoingFrame frame)
    {
        if (!rules.HasRoom(UrgentBytes, frame.Cost, limits.UrgentBytesPerPeerMax)
            || !rules.HasRoom(budget.Bytes, budget.Added(frame), limits.QueueBytesMax))
            return false;
        UrgentBytes += frame.Cost;
        Add(_urgent, frame);
        return true;
    }

    /// <summary>The next frame to write, where few enough are under way.</summary>
    internal bool TryNext([NotNullWhen(true)] out OutgoingFrame? frame)
    {
        frame = null;
        if (_inFlight.Count == limits.FramesInFlightMax)
            return false;
        if (_urgent.TryDequeue(out frame))
            UrgentBytes -= frame.Cost;
        else if (_first.TryDequeue(out frame))
            FirstBytes -= frame.Cost;
        else if (!_messages.TryDequeue(out frame))
            return false;
        _inFlight.Enqueue(frame);
        return true;
    }

    /// <summary>The oldest frame under way is written. A report too many changes nothing.</summary>
    internal void Written()
    {
        if (_inFlight.TryDequeue(out OutgoingFrame? frame))
            Let(frame);
    }

    internal void Clear()
    {
        foreach (OutgoingFrame frame in _inFlight.Concat(_urgent).Concat(_first).Concat(_messages))
            Let(frame);
        _inFlight.Clear();
        _urgent.Clear();
        _first.Clear();
        _messages.Clear();
        UrgentBytes = FirstBytes = 0;
    }

    private void Add(Queue<OutgoingFrame> lane, OutgoingFrame frame)
    {
        lane.Enqueue(frame);
        Bytes += frame.Cost;
        budget.Hold(frame);
    }

    private void Let(OutgoingFrame frame)
    {
        Bytes -= frame.Cost;
        budget.Release(frame);
    }
}
