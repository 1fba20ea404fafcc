namespace Ledger.TestKit.Simulation;

/// <summary>
/// A network in memory, in virtual time: nodes are numbers, what they send each other arrives later, twice, out of
/// order or not at all. One seed gives the same run whenever it is run. It has no thread and no clock: whoever calls
/// <see cref="RunUntil"/> runs everything.
/// </summary>
/// <param name="seed">Where all chance comes from.</param>
/// <param name="quality">What links are like unless <see cref="SetLink"/> says otherwise.</param>
/// <param name="receive">Given from, to and the bytes whenever something arrives.</param>
public sealed class VirtualNetwork(int seed, LinkQuality quality, Action<int, int, ReadOnlyMemory<byte>> receive)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly Dictionary<(int From, int To), LinkQuality> _links = [];
    private readonly Dictionary<(int From, int To), TimeSpan> _lastArrival = [];
    private readonly Dictionary<int, int> _side = [];
    private long _order;

    /// <summary>Virtual time since the network began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>What was handed in, arrived, and did not; a duplicate arrives once more.</summary>
    public NetworkCounts Counts { get; } = new();

    /// <summary>What a link is like in one direction, from now on.</summary>
    public void SetLink(int from, int to, LinkQuality own) => _links[(from, to)] = own;

    /// <summary>
    /// From now on nothing passes between two groups, and what is on its way between them is lost. A node in no group
    /// is cut off from all.
    /// </summary>
    public void Partition(params IReadOnlyCollection<int>[] groups)
    {
        _side.Clear();
        for (int side = 0; side < groups.Length; side++)
        {
            foreach (int node in groups[side])
                _side[node] = side;
        }
    }

    /// <summary>Everybody reaches everybody again.</summary>
    public void Heal() => _side.Clear();

    /// <summary>Whether anything passes from one node to the other.</summary>
    public bool Connects(int from, int to)
    {
        if (_side.Count == 0)
            return true;
        return _side.TryGetValue(from, out int left) && _side.TryGetValue(to, out int right) && left == right;
    }

    /// <summary>Sends bytes, which are not copied.</summary>
    public void Send(int from, int to, ReadOnlyMemory<byte> bytes)
    {
        LinkQuality link = _links.GetValueOrDefault((from, to), quality);
        Counts.Sent++;
        if (!Connects(from, to) || _random.NextDouble() < link.Loss)
        {
            Counts.Lost++;
            return;
        }
        int copies = _random.NextDouble() < link.Duplication ? 2 : 1;
        for (; copies > 0; copies--)
        {
            TimeSpan spread = link.LatencyMax - link.LatencyMin;
            TimeSpan at = Now + link.LatencyMin + spread * _random.NextDouble();
            // A link keeps the order unless chance says that this one overtakes.
            TimeSpan last = _lastArrival.GetValueOrDefault((from, to));
            if (at < last && _random.NextDouble() >= link.Reordering)
                at = last;
            _lastArrival[(from, to)] = at > last ? at : last;
            Schedule(at, () => Arrive(from, to, bytes));
        }
    }

    /// <summary>Does something after a while.</summary>
    public void After(TimeSpan delay, Action action) => Schedule(Now + delay, action);

    /// <summary>Does something again and again, until the network is no longer run.</summary>
    public void Every(TimeSpan first, TimeSpan period, Action action) => After(first, () =>
    {
        action();
        Every(period, period, action);
    });

    /// <summary>Lets everything happen up to a moment, in order.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (_events.TryPeek(out Action? next, out (TimeSpan At, long Order) due) && due.At <= end)
        {
            _events.Dequeue();
            Now = due.At;
            next();
        }
        Now = end;
    }

    private void Schedule(TimeSpan at, Action action) => _events.Enqueue(action, (at, _order++));

    private void Arrive(int from, int to, ReadOnlyMemory<byte> bytes)
    {
        if (!Connects(from, to))
        {
            Counts.Lost++;
            return;
        }
        Counts.Arrived++;
        receive(from, to, bytes);
    }
}

/// <summary>What a link does to what it carries. Loss, duplication and reordering are chances from 0 to 1.</summary>
public sealed record LinkQuality
{
    public TimeSpan LatencyMin { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan LatencyMax { get; init; } = TimeSpan.FromMilliseconds(50);

    public double Loss { get; init; }

    public double Duplication { get; init; }

    /// <summary>The chance that one which is faster than the one before it overtakes that.</summary>
    public double Reordering { get; init; }
}

/// <summary>What a network carried.</summary>
public sealed class NetworkCounts
{
    public long Sent { get; internal set; }

    public long Arrived { get; internal set; }

    public long Lost { get; internal set; }
}
