using Ledger.Network.Addresses;
using Ledger.Network.Identity;

namespace Ledger.Network.Tests.TestKit;

/// <summary>Hosts on loopback ports of their own.</summary>
internal static class Hosts
{
    public static readonly Multiaddr AnyPort = new(HostKind.Ip4, "127.0.0.1", 0, null);
    public static readonly Multiaddr AnyPort6 = new(HostKind.Ip6, "::1", 0, null);

    public static PeerHost Start(
        PeerKey? identity = null, PeerLimits? limits = null, Func<PeerId, bool>? admits = null,
        params Multiaddr[] listen) =>
        PeerHost.Start(new PeerHostOptions
        {
            Identity = identity ?? PeerKey.Generate(),
            Listen = listen.Length > 0 ? listen : [AnyPort],
            Admits = admits ?? (_ => true),
            Limits = limits ?? Patient,
        });

    /// <summary>The usual limits with times for a machine that is busy with something else.</summary>
    public static PeerLimits Patient { get; } = new()
    {
        NegotiationTimeout = TimeSpan.FromSeconds(60),
        SilenceTimeout = TimeSpan.FromSeconds(120),
    };

    /// <summary>The address at which others reach a host.</summary>
    public static Multiaddr AddressOf(PeerHost host, int index = 0) => host.Addresses[index] with { Peer = host.Peer };
}
