using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Ledger.Cli.Governance;
using Ledger.Client;
using Ledger.Core.Chain;

namespace Ledger.Cli.Commands;

/// <summary><c>gov propose</c>: a change, shown in words, into a file that members approve.</summary>
internal static class GovProposeCommand
{
    public static Command Create()
    {
        Argument<string?> change = new("change")
        {
            Description = "JSON file with the change; or say it by the options below.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string[]> add = Many("--add", "File that a newcomer's 'ledger join' wrote: gives it a seat.");
        Option<string[]> remove = Many("--remove", "Name or kid of a member that leaves.");
        Option<string[]> power = Many("--power", "NAME=N: a member's new voting power.");
        Option<string[]> voteKey = Many("--vote-key", "NAME=FILE: a member's new public vote key.");
        Option<string?> key = new("--key") { Description = "Your governance key: your approval goes along." };
        Option<string?> file = new("--out") { Description = "File to write the proposal to; change-N.proposal unless given." };
        Option<bool> yes = GovConsent.Yes();
        Option<Uri> node = CommonOptions.Node();
        Option<bool> json = CommonOptions.Json();
        Command command = new("propose", "Propose a change of the set, the keys, the policy or the parameters.")
        {
            change, add, remove, power, voteKey, key, file, yes, node, json,
        };
        KeyOptions options = KeyOptions.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            ChangeFile given = Merge(
                parsed.GetValue(change) is { } path ? ChangeFile.Read(path) : new ChangeFile(), parsed.GetValue(add)!,
                parsed.GetValue(remove)!, parsed.GetValue(power)!, parsed.GetValue(voteKey)!);
            using NodeClient client = new(parsed.GetValue(node)!);
            MemberKey? member = parsed.GetValue(key) is { } keyFile ? new MemberKey(keyFile, options, parsed) : null;
            await RunAsync(
                client, given, member, parsed.GetValue(file), parsed.GetValue(yes), new Output(parsed.GetValue(json)), stop)
                .ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(
        NodeClient client, ChangeFile given, MemberKey? member, string? file, bool yes, Output output, CancellationToken stop)
    {
        DecidedConfiguration decided = await DecidedConfiguration.AskAsync(client, stop).ConfigureAwait(false);
        ConfigurationChange change = ChangeDraft.Of(given, decided.Chain, decided.Configuration);
        ProposalFile proposal = ProposalFile.Of(decided.Chain, decided.Configuration.Change + 1, change);
        string[] does = [.. ChangeText.Describe(change, decided.Chain, decided.Configuration)];
        string path = file ?? string.Create(CultureInfo.InvariantCulture, $"change-{proposal.At}.proposal");
        GovConsent.Ask(proposal, does, "Propose this?", yes, output);
        if (member is not null)
        {
            proposal = member.Approve(proposal, decided.Configuration);
        }

        GovConsent.Write(path, proposal);
        NodeProposalReceipt? receipt = member is null ? null : await client.SubmitAsync(proposal, stop).ConfigureAwait(false);
        output.Say($"Wrote {path}{(receipt is null ? ", which nobody has approved yet." : ", and handed in your approval.")}");
        output.Say("Next: send the file to the members; each runs");
        output.Say($"  ./ledger gov approve {path} --key governance.key --node URL");
        output.Say("or, where the key is kept off the network, the same without --node, and sends back the file that it writes.");
        output.Document(new JsonObject
        {
            ["file"] = path,
            ["at"] = proposal.At,
            ["does"] = GovCommand.Texts(does),
            ["approvals"] = proposal.Approvals.Length,
            ["record"] = receipt?.Record,
        });
    }

    private static ChangeFile Merge(ChangeFile file, string[] add, string[] remove, string[] power, string[] voteKey) => file with
    {
        Add = [.. file.Add.IsDefault ? [] : file.Add, .. add],
        Remove = [.. file.Remove.IsDefault ? [] : file.Remove, .. remove],
        Power = (file.Power ?? ImmutableDictionary<string, ulong>.Empty)
            .SetItems(power.Select(text => Pair(text, "--power NAME=N")).Select(pair => KeyValuePair.Create(pair.Name, Number(pair.Value)))),
        VoteKey = (file.VoteKey ?? ImmutableDictionary<string, string>.Empty)
            .SetItems(voteKey.Select(text => Pair(text, "--vote-key NAME=FILE")).Select(pair => KeyValuePair.Create(pair.Name, pair.Value))),
    };

    private static (string Name, string Value) Pair(string text, string form)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1
            ? (text[..at], text[(at + 1)..])
            : throw new CommandException($"'{text}' is not of the form {form}.", ExitCode.Usage);
    }

    private static ulong Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            && number is > 0 and <= Validator.PowerMax
            ? number
            : throw new CommandException($"A power is a number from 1 to {Validator.PowerMax}, not '{text}'.", ExitCode.Usage);

    private static Option<string[]> Many(string name, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => [],
    };
}
