using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Cli.Devnet;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Network.Addresses;

namespace Ledger.Cli.Commands;

/// <summary><c>join</c>: the folder of a new peer of a network that exists, and the seat that it asks for.</summary>
internal static class JoinCommand
{
    public static Command Create()
    {
        Argument<string> file = new("invitation") { Description = "File that a member sent." };
        Option<string> dir = new("--dir") { Description = "Folder to make.", Required = true };
        Option<string> name = new("--name") { Description = "The new member's name.", Required = true };
        Option<string?> words = new("--fingerprint") { Description = "The words that the member read to you; asked for unless given." };
        Option<string> http = new("--http") { Description = "Address to serve on.", DefaultValueFactory = _ => "127.0.0.1:8080" };
        Option<string> p2p = new("--p2p")
        {
            Description = "Multiaddr to meet other nodes at.",
            DefaultValueFactory = _ => "/ip4/0.0.0.0/tcp/4001",
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("join", "Make a peer's folder for a network that a member invites you to.")
        {
            file, dir, name, words, http, p2p, json,
        };
        KeyOptions options = KeyOptions.AddPassphraseTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!;
            (GenesisDocument genesis, Multiaddr[] addresses) = Read(path);
            Output output = new(parsed.GetValue(json));
            CheckWords(genesis, parsed.GetValue(words), output);
            string member = parsed.GetValue(name)!;
            if (genesis.Configuration.Validators.Any(known => known.Name == member))
            {
                throw new CommandException($"A member is called '{member}' already: choose another --name.", ExitCode.Usage);
            }

            Multiaddr? listen = InitCommand.ParseAddress("--p2p", parsed.GetValue(p2p));
            PeerPlan plan = new(member, parsed.GetValue(http)!, options.NewPassphrase(parsed), listen);
            return Run(parsed.GetValue(dir)!, plan, genesis, addresses, output);
        });
        return command;
    }

    private static (GenesisDocument Genesis, Multiaddr[] Addresses) Read(string path)
    {
        if (!InvitationFile.TryParse(CommonOptions.Read(path), out InvitationFile invitation, out CborError error))
        {
            throw new CommandException($"{path} is no invitation: {error}. Ask the member to send it again.", ExitCode.Usage);
        }

        return (invitation.ReadGenesis(), [.. invitation.Addresses.Select(text =>
            Multiaddr.TryParse(text, out Multiaddr? address, out string? problem) && address.Peer is not null
                ? address
                : throw new CommandException(
                    $"{path} holds '{text}', which is no address of a peer{(problem is null ? "" : $": {problem}")} "
                    + "Ask the member to make the invitation again."))]);
    }

    /// <summary>Nothing is made before a person has heard the same words from a member.</summary>
    private static void CheckWords(GenesisDocument genesis, string? heard, Output output)
    {
        output.Say($"The invitation is to '{genesis.Name}', on Bitcoin {genesis.Bitcoin}, whose first members are "
            + $"{string.Join(", ", genesis.Configuration.Validators.Select(member => member.Name))}.");
        if (heard is null)
        {
            if (Console.IsInputRedirected)
            {
                throw new CommandException(
                    "Whoever can change the file can invent a network: call the member, and give the eight words that he reads "
                    + "to you with --fingerprint.", ExitCode.Usage);
            }

            Console.Error.Write("Call the member and type the eight words that he reads to you: ");
            heard = Console.ReadLine() ?? "";
        }

        string[] spoken = heard.ToLowerInvariant().Split([' ', '-', ','], StringSplitOptions.RemoveEmptyEntries);
        if (string.Join('-', spoken) != FingerprintWords.Of(genesis.Chain.Value))
        {
            throw new CommandException(
                "These are not the words of this invitation: it is for another chain than the member's, or was changed on its way. "
                + "Nothing was made. Get it again over another channel.");
        }
    }

    private static int Run(string folder, PeerPlan plan, GenesisDocument genesis, Multiaddr[] addresses, Output output)
    {
        PeerFolder peer = PeerFolder.Create(folder, plan);
        peer.Complete(genesis, addresses, bitcoin: null);
        peer.SavePassphrase();
        SeatFile seat = new(genesis.Chain, peer.Validator);
        string path = Path.Combine(folder, $"{plan.Name}.seat");
        File.WriteAllBytes(path, seat.Encode());
        string words = FingerprintWords.Of(seat.Digest);
        output.Say($"Made {folder}: a peer of '{genesis.Name}' that follows once the members let it in.");
        output.Say($"chain  {genesis.Chain}");
        output.Say($"peer   {peer.Peer}");
        output.Say($"seat   {path}");
        output.Say($"words  {words}");
        output.Say("Next: keep governance.key and the passphrase apart from this machine. Send the seat to a member, who runs");
        output.Say($"  ./ledger gov propose --add {plan.Name}.seat --key governance.key --node URL");
        output.Say("and read him the words of the seat. Meanwhile, or later,");
        output.Say($"  ./ledger node --dir {folder}");
        output.Say("dials the members until they let it in, takes over the chain, and votes.");
        output.Document(new JsonObject
        {
            ["dir"] = folder,
            ["chain"] = genesis.Chain.ToString(),
            ["name"] = plan.Name,
            ["peer"] = peer.Peer.ToString(),
            ["seat"] = path,
            ["words"] = words,
        });
        return ExitCode.Success;
    }
}
