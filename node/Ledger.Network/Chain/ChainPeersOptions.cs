using Ledger.Core;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;
using Ledger.Network.PubSub;
using Ledger.Runtime.Ports;

namespace Ledger.Network.Chain;

/// <summary>What the peers of one chain are made of.</summary>
public sealed record ChainPeersOptions
{
    /// <summary>Who this node is; used, not disposed.</summary>
    public required PeerKey Identity { get; init; }

    /// <summary>Topics and protocols bear its id, so that nothing of one chain reaches another.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>
    /// Whether the configuration in force names a peer as a validator's or an observer's. Asked for each connection;
    /// must not block. When its answers change, call <see cref="ChainPeers.Review"/>.
    /// </summary>
    public required Func<PeerIdentity, bool> Admits { get; init; }

    /// <summary>Where to listen: addresses under ip4 or ip6; port 0 takes a free one. Empty: only dial.</summary>
    public IReadOnlyList<Multiaddr> Listen { get; init; } = [];

    /// <summary>Addresses to give to others in place of those listened on.</summary>
    public IReadOnlyList<Multiaddr> Announce { get; init; } = [];

    /// <summary>Where others are; each names its peer. One with several is looked for at each in turn.</summary>
    public IReadOnlyList<Multiaddr> Dial { get; init; } = [];

    public PeerLimits Limits { get; init; } = new();

    /// <summary>The program and its version, for identify.</summary>
    public string Agent { get; init; } = "ledger";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal PubSubOptions Gossip { get; init; } = new();

    internal ChainRules Rules { get; init; } = ChainRules.Sound;
}

/// <summary>A peer of the chain that is connected now.</summary>
/// <param name="Peer">Who it is.</param>
/// <param name="Address">Where its end of the connection is.</param>
/// <param name="DialledHere">Whether this node opened the connection.</param>
/// <param name="Agent">The program that it says it runs; null until it has.</param>
/// <param name="Announced">Where it says that it listens.</param>
/// <param name="Gossip">What gossip with it came to; null until it speaks some.</param>
/// <param name="Refused">Its questions that were reset, beyond its rate or too many at once.</param>
public sealed record ChainPeer(
    PeerId Peer,
    Multiaddr Address,
    bool DialledHere,
    string? Agent,
    IReadOnlyList<Multiaddr> Announced,
    PeerFigures? Gossip,
    long Refused);
