using Ledger.Network.Addresses;
using Ledger.Network.Identity;

namespace Ledger.Network;

/// <summary>What a host is made of.</summary>
public sealed record PeerHostOptions
{
    /// <summary>Who this node is; the host uses it and does not dispose it.</summary>
    public required PeerKey Identity { get; init; }

    /// <summary>Where to listen: <c>ip4</c> or <c>ip6</c> addresses; port 0 takes a free one. Empty: only dial.</summary>
    public IReadOnlyList<Multiaddr> Listen { get; init; } = [];

    /// <summary>Addresses to give to others in place of those listened on, for a node behind a translator.</summary>
    public IReadOnlyList<Multiaddr> Announce { get; init; } = [];

    /// <summary>Whether a peer, whose identity is proven, may connect or be connected to. Must not block.</summary>
    public required Func<PeerId, bool> Admits { get; init; }

    public PeerLimits Limits { get; init; } = new();

    /// <summary>The program and its version, for identify.</summary>
    public string Agent { get; init; } = "ledger";

    /// <summary>The network's family of protocols, for identify.</summary>
    public string ProtocolVersion { get; init; } = "ledger/1";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>A number from 0 to 1, for the jitter of waiting times.</summary>
    public Func<double> Chance { get; init; } = Random.Shared.NextDouble;
}

/// <summary>What a peer says of itself.</summary>
/// <param name="Agent">Its program; whatever it likes, at most 256 characters.</param>
/// <param name="ProtocolVersion">Its family of protocols.</param>
/// <param name="Addresses">Where it listens, as far as such addresses are spoken here.</param>
/// <param name="Protocols">What it speaks.</param>
/// <param name="Observed">Where it sees this node; null where it does not say.</param>
public sealed record PeerDescription(
    string Agent,
    string ProtocolVersion,
    IReadOnlyList<Multiaddr> Addresses,
    IReadOnlyList<string> Protocols,
    Multiaddr? Observed);

/// <summary>A connected peer.</summary>
/// <param name="Peer">Who it is.</param>
/// <param name="Address">Where its end of the connection is.</param>
/// <param name="DialledHere">Whether this node opened the connection.</param>
/// <param name="Description">What it says of itself; null until it has.</param>
/// <param name="Streams">Streams open.</param>
/// <param name="UnreadBytes">Bytes of it that lie unread.</param>
public sealed record ConnectedPeer(
    PeerId Peer, Multiaddr Address, bool DialledHere, PeerDescription? Description, int Streams, int UnreadBytes);

/// <summary>What a host has turned away since it started.</summary>
/// <param name="Handshakes">Connections closed unread because too many handshakes were under way.</param>
/// <param name="FailedHandshakes">Handshakes that ended without a secured connection.</param>
/// <param name="NotAdmitted">Peers that admission refused.</param>
/// <param name="Connections">Peers refused because all places were taken.</param>
/// <param name="Streams">Streams reset because a peer had too many.</param>
/// <param name="Throttled">Times that a peer was read more slowly.</param>
public sealed record PeerRefusals(
    long Handshakes, long FailedHandshakes, long NotAdmitted, long Connections, long Streams, long Throttled);
