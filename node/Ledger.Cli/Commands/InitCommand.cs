using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Cli.Devnet;
using Ledger.Core;
using Ledger.Core.Chain;
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
        Option<bool> json = CommonOptions.Json();
        Command command = new("init", "Make a peer's folder: keys, genesis document, settings.")
        {
            dir, name, network, http, p2p, open, bitcoin, json,
        };
        KeyOptions options = KeyOptions.AddPassphraseTo(command);
        command.SetAction(parsed => Run(
            parsed.GetValue(dir)!,
            new NetworkPlan(
                parsed.GetValue(network)!, parsed.GetValue(open), parsed.GetValue(bitcoin)!, new Parameters()),
            new PeerPlan(
                parsed.GetValue(name)!, parsed.GetValue(http)!, options.NewPassphrase(parsed),
                ParseAddress(parsed.GetValue(p2p))),
            new Output(parsed.GetValue(json))));
        return command;
    }

    private static Multiaddr? ParseAddress(string? text) =>
        text is null ? null
        : Multiaddr.TryParse(text, out Multiaddr? address, out string? problem) ? address
        : throw new CommandException($"--p2p: {problem}");

    private static int Run(string folder, NetworkPlan network, PeerPlan plan, Output output)
    {
        PeerFolder peer = PeerFolder.Create(folder, plan);
        GenesisDocument genesis = PeerFolder.Genesis(
            network, new UnixTime((ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), [peer]);
        peer.Complete(genesis, others: [], bitcoin: null);
        if (plan.Passphrase.Length > 0)
        {
            Passphrases.Save(Path.Combine(folder, "passphrase"), plan.Passphrase);
        }

        output.Say($"Made {folder}: a network of one validator, '{plan.Name}'.");
        output.Say($"chain  {genesis.Chain}");
        output.Say($"peer   {peer.Peer}");
        output.Say("Next: keep governance.key and the passphrase apart from this machine, give node.json a \"bitcoin\" section, then");
        output.Say($"  ./ledger node --dir {folder}");
        output.Document(new JsonObject
        {
            ["dir"] = folder,
            ["chain"] = genesis.Chain.ToString(),
            ["name"] = plan.Name,
            ["peer"] = peer.Peer.ToString(),
        });
        return ExitCode.Success;
    }
}
