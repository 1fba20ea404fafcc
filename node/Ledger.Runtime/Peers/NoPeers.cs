using System.Collections.Immutable;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Peers;

/// <summary>For a node that is alone: nobody hears, nobody answers.</summary>
public sealed class NoPeers : IPeers
{
    public static NoPeers Instance { get; } = new();

    public ImmutableArray<PeerIdentity> Connected => [];

    public void Listen(IPeerListener listener)
    {
        // Nobody will ever say anything.
    }

    public void Say(ReadOnlyMemory<byte> message)
    {
        // Nobody is there to hear it.
    }

    public void Share(ReadOnlyMemory<byte> record)
    {
        // Nobody is there to take it.
    }

    public void Ask(PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answered) =>
        answered(null);
}
