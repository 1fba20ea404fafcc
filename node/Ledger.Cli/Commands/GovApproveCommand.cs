using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Cli.Governance;
using Ledger.Client;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>gov approve</c>: shows what is to be signed, signs it, and hands it in; or signs where there is no network; or hands in
/// what was signed there.
/// </summary>
internal static class GovApproveCommand
{
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "The proposal, or a file that an offline approval wrote." };
        Option<string?> key = new("--key") { Description = "Your governance key; left out to hand in what the file holds." };
        Option<Uri?> node = CommonOptions.NodeIfAny("Address of a validator's node; left out to sign without a network.");
        Option<string?> result = new("--out") { Description = "File for an approval without a node; FILE.KID unless given." };
        Option<bool> yes = GovConsent.Yes();
        Option<bool> json = CommonOptions.Json();
        Command command = new("approve", "Approve a proposed change with a member's governance key.")
        {
            file, key, node, result, yes, json,
        };
        KeyOptions options = KeyOptions.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            if (parsed.GetValue(key) is null && parsed.GetValue(node) is null)
            {
                throw new CommandException(
                    "Say --key to sign, --node to hand in what the file holds, or both.", ExitCode.Usage);
            }

            string path = parsed.GetValue(file)!;
            ProposalFile proposal = Read(path);
            MemberKey? member = parsed.GetValue(key) is { } keyFile ? new MemberKey(keyFile, options, parsed) : null;
            Output output = new(parsed.GetValue(json));
            if (parsed.GetValue(node) is { } address)
            {
                using NodeClient client = new(address);
                await HandInAsync(client, proposal, member, parsed.GetValue(yes), output, stop).ConfigureAwait(false);
            }
            else
            {
                Sign(proposal, member!, path, parsed.GetValue(result), parsed.GetValue(yes), output);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static ProposalFile Read(string path) =>
        ProposalFile.TryParse(CommonOptions.Read(path), out ProposalFile proposal, out CborError error)
            ? proposal
            : throw new CommandException(
                $"{path} is no proposal: {error}. Ask for the file that 'ledger gov propose' wrote.", ExitCode.Usage);

    private static async Task HandInAsync(
        NodeClient client, ProposalFile proposal, MemberKey? member, bool yes, Output output, CancellationToken stop)
    {
        DecidedConfiguration decided = await DecidedConfiguration.AskAsync(client, stop).ConfigureAwait(false);
        string[] does = [.. ChangeText.Describe(proposal.Change, proposal.Chain, decided.Configuration)];
        if (member is not null)
        {
            if (proposal.Chain != decided.Chain)
            {
                throw new CommandException(
                    $"The proposal is for chain {proposal.Chain}, and the node's is {decided.Chain}: nothing was signed.");
            }

            GovConsent.Ask(proposal, does, "Approve this?", yes, output);
            proposal = member.Approve(proposal, decided.Configuration);
        }

        NodeProposalReceipt receipt = await client.SubmitAsync(proposal, stop).ConfigureAwait(false);
        output.Say(receipt.Sealed == 0
            ? "The node knew these approvals already; nothing was sealed twice."
            : $"The node sealed {receipt.Sealed} {(receipt.Sealed == 1 ? "approval" : "approvals")} in its own stream.");
        output.Say("Next: './ledger gov show' says what is approved, and what is in force.");
        output.Document(new JsonObject
        {
            ["at"] = receipt.At,
            ["does"] = GovCommand.Texts(does),
            ["sealed"] = receipt.Sealed,
            ["record"] = receipt.Record,
        });
    }

    private static void Sign(
        ProposalFile proposal, MemberKey member, string path, string? result, bool yes, Output output)
    {
        string[] does = [.. ChangeText.Describe(proposal.Change, proposal.Chain, before: null)];
        GovConsent.Ask(proposal, does, "Approve this?", yes, output);
        ProposalFile approved = member.Approve(proposal, configuration: null);
        string to = result ?? $"{path}.{member.Id.ToString()[..8]}";
        GovConsent.Write(to, approved);
        output.Say($"Wrote {to}. Next, where there is a network:");
        output.Say($"  ./ledger gov approve {to} --node URL");
        output.Document(new JsonObject
        {
            ["file"] = to,
            ["at"] = proposal.At,
            ["does"] = GovCommand.Texts(does),
            ["approvals"] = approved.Approvals.Length,
        });
    }
}
