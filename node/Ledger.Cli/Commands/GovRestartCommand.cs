using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ledger.Cli.Governance;
using Ledger.Client;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>gov restart</c>: where more than a third of the power is gone for good, a genesis document by which those who are left
/// go on from the last block.
/// </summary>
internal static class GovRestartCommand
{
    private const string FileUsual = "successor.genesis";

    public static Command Create()
    {
        Option<string[]> keep = new("--keep")
        {
            Description = "A member that stays; once for each.",
            DefaultValueFactory = _ => [],
        };
        Option<string?> file = new("--out") { Description = $"File to write the genesis document to; {FileUsual} unless given." };
        Option<string?> check = new("--check")
        {
            Description = "A genesis document that another member made: shows what it says, and whether your node stands there.",
        };
        Option<Uri> node = CommonOptions.Node();
        Option<bool> json = CommonOptions.Json();
        Command command = new("restart", "Go on from the last block without members that are gone for good.")
        {
            keep, file, check, node, json,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using NodeClient client = new(parsed.GetValue(node)!);
            Output output = new(parsed.GetValue(json));
            if (parsed.GetValue(check) is { } given)
            {
                Show(Read(given), await LastAsync(client, stop).ConfigureAwait(false), output);
            }
            else
            {
                await MakeAsync(client, parsed.GetValue(keep)!, parsed.GetValue(file) ?? FileUsual, output, stop).ConfigureAwait(false);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static async Task MakeAsync(NodeClient client, string[] keep, string file, Output output, CancellationToken stop)
    {
        DecidedConfiguration decided = await DecidedConfiguration.AskAsync(client, stop).ConfigureAwait(false);
        NodeStatus status = await client.GetStatusAsync(stop).ConfigureAwait(false);
        Predecessor last = await LastAsync(client, stop).ConfigureAwait(false);
        string[] unknown = [.. keep.Where(name => decided.Configuration.Validators.All(validator => validator.Name != name))];
        if (keep.Length == 0 || unknown.Length > 0)
        {
            string members = string.Join(", ", decided.Configuration.Validators.Select(validator => validator.Name));
            throw new CommandException(
                $"Say --keep NAME for each member that stays; the members are {members}"
                + (unknown.Length > 0 ? $", and {string.Join(", ", unknown)} is none of them." : "."),
                ExitCode.Usage);
        }

        GenesisDocument genesis = new()
        {
            Name = status.Name,
            Bitcoin = status.Network,
            Time = new UnixTime((ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()),
            Predecessor = last,
            Configuration = decided.Configuration with
            {
                Change = decided.Configuration.Change + 1,
                Validators = [.. decided.Configuration.Validators.Where(validator => keep.Contains(validator.Name))],
            },
        };
        string draft = file + ".new";
        await File.WriteAllBytesAsync(draft, genesis.Encode(), stop).ConfigureAwait(false);
        File.Move(draft, file, overwrite: true);
        output.Say($"Wrote {file}.");
        Show(genesis, last, output);
    }

    /// <param name="here">Where the member's own node stands.</param>
    private static void Show(GenesisDocument genesis, Predecessor here, Output output)
    {
        Predecessor last = genesis.Predecessor
            ?? throw new CommandException("This genesis document continues no chain; 'ledger gov restart --keep NAME' makes one that does.");
        string[] members =
            [.. genesis.Configuration.Validators.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} ({one.Power})"))];
        string words = FingerprintWords.Of(genesis.Chain.Value);
        bool stands = here == last;
        output.Say($"ends      chain {last.Chain} at block {last.Height} ({last.Block})");
        output.Say($"founds    chain {genesis.Chain}");
        output.Say($"members   {string.Join(", ", members)}; more than two thirds of their power decide from now on");
        output.Say($"words     {words}");
        output.Say($"here      this node stands at block {here.Height}{(stands ? ", the same" : $" ({here.Block}): not there")}");
        output.Say(stands || here.Height < last.Height
            ? "Next: all members that stay compare the words, stop their nodes, put this file in place of the one that 'genesis' in node.json "
                + "names, and start again. A node that is behind fetches the blocks that it lacks first."
            : "This node is ahead of it, and what settled is not taken back: make the document from this node.");
        output.Document(new JsonObject
        {
            ["ends"] = last.Chain.ToString(),
            ["height"] = last.Height.Value,
            ["block"] = last.Block.ToString(),
            ["chain"] = genesis.Chain.ToString(),
            ["members"] = GovCommand.Texts(genesis.Configuration.Validators.Select(one => one.Name)),
            ["words"] = words,
            ["here"] = here.Height.Value,
            ["stands"] = stands,
        });
    }

    private static GenesisDocument Read(string file) =>
        GenesisDocument.TryParse(File.ReadAllBytes(file), out GenesisDocument genesis, out CborError error)
            ? genesis
            : throw new CommandException($"{file} is no genesis document: {error}.");

    private static async Task<Predecessor> LastAsync(NodeClient client, CancellationToken stop)
    {
        NodeStatus status = await client.GetStatusAsync(stop).ConfigureAwait(false);
        NodeBlock block = await client.GetBlockAsync(new Height(status.Height), stop).ConfigureAwait(false)
            ?? throw new CommandException("The chain has no block yet: there is nothing to go on from. Make a new network with 'ledger init'.");
        return new Predecessor(
            new ChainId(Digest.ParseHex(status.Chain)), new Height(block.Height), new BlockId(Digest.ParseHex(block.Id)),
            new TreeSize(block.Size), Digest.ParseHex(block.Root), Digest.ParseHex(block.Streams));
    }
}
