using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Cli.Devnet;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Network.Addresses;

namespace Ledger.Cli.Commands;

/// <summary><c>init</c>: the folder of a new peer, and a network of one validator.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        Option<string> dir = new("--dir") { Description = "Folder to make.", Required = true };
        Option<string> name = new("--name") { Description = "The member's name.", DefaultValueFactory = _ => "alpha" };
        Option<string> network = new("--network") { Description = "The network's name.", DefaultValueFactory = _ => "ledger" };
        Option<string> http = new("--http") { Description = "Address to serve on.", DefaultValueFactory = _ => "127.0.0.1:8080" };
        Option<bool> open = new("--open") { Description = "Anybody may open a stream; invited keys only unless given." };
        Option<string> bitcoin = new("--bitcoin") { Description = "Bitcoin network: main, testnet4, signet or regtest.", DefaultValueFactory = _ => "regtest" };
        bitcoin.AcceptOnlyFromAmong("main", "testnet4", "signet", "regtest");
        Option<string?> p2p = new("--p2p")
        {
            Description = "Multiaddr to meet other nodes at, such as /ip4/0.0.0.0/tcp/4001; alone unless given.",
        };
        Option<string?> announce = new("--announce")
        {
            Description = "Multiaddr at which others reach --p2p, for the invitation; the same unless given.",
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("init", "Make a peer's folder: keys, genesis document, settings.")
        {
            dir, name, network, http, p2p, announce, open, bitcoin, json,
        };
        KeyOptions options = KeyOptions.AddPassphraseTo(command);
        command.SetAction(parsed => Run(
            parsed.GetValue(dir)!,
            new NetworkPlan(
                parsed.GetValue(network)!, parsed.GetValue(open), parsed.GetValue(bitcoin)!, new Parameters()),
            new PeerPlan(
                parsed.GetValue(name)!, parsed.GetValue(http)!, options.NewPassphrase(parsed),
                ParseAddress("--p2p", parsed.GetValue(p2p))),
            ParseAddress("--announce", parsed.GetValue(announce)),
            new Output(parsed.GetValue(json))));
        return command;
    }

    public static Multiaddr? ParseAddress(string option, string? text) =>
        text is null ? null
        : Multiaddr.TryParse(text, out Multiaddr? address, out string? problem) ? address
        : throw new CommandException($"{option}: {problem}", ExitCode.Usage);

    private static int Run(string folder, NetworkPlan network, PeerPlan plan, Multiaddr? announce, Output output)
    {
        PeerFolder peer = PeerFolder.Create(folder, plan);
        GenesisDocument genesis = PeerFolder.Genesis(
            network, new UnixTime((ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), [peer]);
        peer.Complete(genesis, others: [], bitcoin: null);
        peer.SavePassphrase();
        string? invitation = Invitations.Write(peer, genesis, announce);
        output.Say($"Made {folder}: a network of one validator, '{plan.Name}'.");
        output.Say($"chain  {genesis.Chain}");
        output.Say($"peer   {peer.Peer}");
        output.Say("Next: keep governance.key and the passphrase apart from this machine, give node.json a \"bitcoin\" section, then");
        output.Say($"  ./ledger node --dir {folder}");
        foreach (string line in Invitations.Describe(invitation, genesis))
        {
            output.Say(line);
        }

        output.Document(new JsonObject
        {
            ["dir"] = folder,
            ["chain"] = genesis.Chain.ToString(),
            ["name"] = plan.Name,
            ["peer"] = peer.Peer.ToString(),
            ["invitation"] = invitation,
            ["words"] = FingerprintWords.Of(genesis.Chain.Value),
        });
        return ExitCode.Success;
    }
}
