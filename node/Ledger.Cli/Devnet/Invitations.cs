using System.Net;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Network.Addresses;

namespace Ledger.Cli.Devnet;

/// <summary>Writes what a newcomer needs to find a network, and says it in a few lines that can be read out.</summary>
internal static class Invitations
{
    /// <summary>Null where no address is known at which others could reach the node.</summary>
    /// <param name="announce">In place of the address that the node listens at.</param>
    public static string? Write(PeerFolder peer, GenesisDocument genesis, Multiaddr? announce)
    {
        if ((announce ?? peer.Plan.Listen) is not { } address || !CanBeDialled(address))
        {
            return null;
        }

        string path = Path.Combine(peer.Path, $"{peer.Plan.Name}.invitation");
        InvitationFile invitation = new(genesis.Encode(), [(address with { Peer = peer.Peer }).ToString()]);
        File.WriteAllBytes(path, invitation.Encode());
        return path;
    }

    public static IEnumerable<string> Describe(string? path, GenesisDocument genesis)
    {
        yield return $"words  {FingerprintWords.Of(genesis.Chain.Value)}";
        if (path is null)
        {
            yield return "No invitation: others need an address; say --p2p, and --announce where that is not the one they reach.";
            yield break;
        }

        yield return $"To invite others, send them {path}, and read them the words above over the telephone.";
    }

    private static bool CanBeDialled(Multiaddr address) =>
        address.Port != 0 && !(IPAddress.TryParse(address.Host, out IPAddress? ip)
            && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
}
