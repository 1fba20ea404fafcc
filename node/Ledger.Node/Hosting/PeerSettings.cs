using Ledger.Core.Chain;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;

namespace Ledger.Node.Hosting;

/// <summary>
/// What <c>node.json</c> says of the node's peers, read strictly: the node's identity among them, and addresses.
/// </summary>
internal sealed class PeerSettings : IDisposable
{
    private PeerSettings(
        PeerKey key,
        IReadOnlyList<Multiaddr> listen,
        IReadOnlyList<Multiaddr> announce,
        IReadOnlyList<Multiaddr> peers) =>
        (Key, Listen, Announce, Peers) = (key, listen, announce, peers);

    public PeerKey Key { get; }

    public IReadOnlyList<Multiaddr> Listen { get; }

    public IReadOnlyList<Multiaddr> Announce { get; }

    /// <summary>Each names its peer.</summary>
    public IReadOnlyList<Multiaddr> Peers { get; }

    /// <returns>Null where the settings have no <c>p2p</c>.</returns>
    /// <exception cref="NodeFolderException">Something is missing or wrong; the message says what to do.</exception>
    public static PeerSettings? Open(string folder, NodeFile file, GenesisDocument genesis)
    {
        if (file.P2p is not { } p2p)
        {
            return genesis.Configuration.Validators.Length == 1
                ? null
                : throw new NodeFolderException(
                    "node.json: the network has several validators, so the node needs a 'p2p' section; see "
                    + "node/README.md.");
        }

        string name = file.Keys.Peer
            ?? throw new NodeFolderException(
                "node.json: 'p2p' needs a peer key: name it in keys.peer; 'ledger init' makes one.");
        IReadOnlyList<Multiaddr> listen = Parse("listen", p2p.Listen);
        IReadOnlyList<Multiaddr> announce = Parse("announce", p2p.Announce);
        IReadOnlyList<Multiaddr> peers = Parse("peers", p2p.Peers);
        if (listen.FirstOrDefault(address => address.Kind is not (HostKind.Ip4 or HostKind.Ip6)) is { } named)
        {
            throw new NodeFolderException($"node.json: p2p.listen takes addresses under ip4 or ip6, not {named}.");
        }

        if (peers.FirstOrDefault(address => address.Peer is null) is { } nameless)
        {
            throw new NodeFolderException(
                $"node.json: p2p.peers does not say whose address {nameless} is: put /p2p/PEER behind it, with the id "
                + "that 'ledger peers' shows at that node.");
        }

        try
        {
            return new PeerSettings(PeerKey.Load(Path.Combine(folder, name)), listen, announce, peers);
        }
        catch (PeerKeyException exception)
        {
            throw new NodeFolderException(exception.Message);
        }
    }

    public void Dispose() => Key.Dispose();

    private static List<Multiaddr> Parse(string member, IReadOnlyList<string>? texts)
    {
        List<Multiaddr> addresses = [];
        foreach (string text in texts ?? [])
        {
            addresses.Add(Multiaddr.TryParse(text, out Multiaddr? address, out string? problem)
                ? address
                : throw new NodeFolderException($"node.json: p2p.{member} holds '{text}'. {problem}"));
        }

        return addresses;
    }
}
