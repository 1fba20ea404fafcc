using System.Collections.Immutable;
using System.Threading.Channels;
using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime;

/// <summary>What a node tells whoever listens: pages, logs, metrics, the anchoring.</summary>
public abstract record NodeEvent;

/// <summary>A record became durable here.</summary>
public sealed record RecordSealed(Record Record) : NodeEvent;

public sealed record BlockSettledEvent(SettledBlock Block) : NodeEvent;

/// <summary>The state of an anchor changed.</summary>
/// <param name="Batch">Height of the anchored block.</param>
public sealed record AnchorChanged(Height Batch) : NodeEvent;

/// <summary>A record that was acknowledged here lost its place: its stream settled with another history.</summary>
public sealed record RecordDisplaced(RecordId Record) : NodeEvent;

/// <summary>A proposed block was judged invalid here.</summary>
/// <param name="Fault">One clause.</param>
public sealed record ProposalRefused(Height Height, BlockId Block, string Fault) : NodeEvent;

/// <summary>A peer sent what no honest peer sends to a node that joins; it is asked nothing more.</summary>
/// <param name="Fault">One clause.</param>
public sealed record PeerLied(PeerIdentity Peer, string Fault) : NodeEvent;

/// <summary>The node stands at this block, by a snapshot; what was before is being fetched.</summary>
public sealed record JoinedBySnapshot(Height Height) : NodeEvent;

/// <summary>What keeps the node from doing all it should, in sentences for an operator; empty when all is well.</summary>
public sealed record ProblemsChanged(ImmutableArray<string> Problems) : NodeEvent;

/// <summary>Hands events to subscribers. A slow one loses the oldest, and never slows the node. Thread-safe.</summary>
public sealed class NodeEvents
{
    /// <summary>Events that one subscriber may lag behind.</summary>
    public const int LagMax = 1_024;

    private ImmutableArray<Channel<NodeEvent>> _subscribers = [];

    public Subscription Subscribe()
    {
        Channel<NodeEvent> channel = Channel.CreateBounded<NodeEvent>(
            new BoundedChannelOptions(LagMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        ImmutableInterlocked.Update(ref _subscribers, (list, added) => list.Add(added), channel);
        return new Subscription(this, channel);
    }

    internal void Publish(NodeEvent nodeEvent)
    {
        foreach (Channel<NodeEvent> subscriber in _subscribers)
        {
            subscriber.Writer.TryWrite(nodeEvent);
        }
    }

    public sealed class Subscription : IDisposable
    {
        private readonly NodeEvents _events;
        private readonly Channel<NodeEvent> _channel;

        internal Subscription(NodeEvents events, Channel<NodeEvent> channel)
        {
            _events = events;
            _channel = channel;
        }

        public ChannelReader<NodeEvent> Reader => _channel.Reader;

        public void Dispose()
        {
            ImmutableInterlocked.Update(ref _events._subscribers, (list, gone) => list.Remove(gone), _channel);
            _channel.Writer.TryComplete();
        }
    }
}
