using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Cli.Governance;
using Ledger.Client;
using Ledger.Core.Chain;

namespace Ledger.Cli.Commands;

/// <summary><c>gov</c>: what the consortium has decided about itself, and what it is deciding.</summary>
internal static class GovCommand
{
    public static Command Create() => new("gov", "The consortium's own decisions: show, propose, approve; and restart without members that are gone.")
    {
        CreateShow(), GovProposeCommand.Create(), GovApproveCommand.Create(), GovRestartCommand.Create(),
    };

    private static Command CreateShow()
    {
        Option<Uri> node = CommonOptions.Node();
        Option<bool> json = CommonOptions.Json();
        Command show = new("show", "The configuration in force, and changes that wait for approvals.") { node, json };
        show.SetAction(async (parsed, stop) =>
        {
            using NodeClient client = new(parsed.GetValue(node)!);
            DecidedConfiguration decided = await DecidedConfiguration.AskAsync(client, stop).ConfigureAwait(false);
            Output output = new(parsed.GetValue(json));
            foreach (string line in Lines(decided))
            {
                output.Say(line);
            }

            output.Document(Document(decided));
            return ExitCode.Success;
        });
        return show;
    }

    private static IEnumerable<string> Lines(DecidedConfiguration decided)
    {
        NodeGovernance said = decided.Said;
        yield return $"chain     {said.Chain}";
        yield return $"change    {said.Change} is in force at height {said.Height}"
            + (said.Decided == said.Change ? "" : $"; {said.Decided} is decided, and in force within two heights");
        foreach (NodeMember member in said.Members)
        {
            yield return $"member    {member.Name}, power {member.Power}{(member.Self ? " (this node)" : "")}  {member.Words}";
            yield return $"          vote key    {member.Kid}";
            yield return $"          governance  {member.Governance}";
            yield return $"          stream      {member.Stream}";
            yield return $"          peer        {(member.Peer.Length > 0 ? member.Peer : "none")}";
        }

        foreach ((string name, string value) in ChangeText.List(decided.Configuration.Parameters))
        {
            yield return $"parameter {name,-16}{value}";
        }

        foreach ((string name, string value) in ChangeText.List(decided.Configuration.Admission))
        {
            yield return $"admission {name,-16}{value}";
        }

        foreach (NodeProposal open in said.Proposals)
        {
            yield return $"proposal  {open.Id}, to be change {open.At}: approved by {string.Join(", ", open.ApprovedBy)} with power "
                + $"{open.Power.Heard} of {open.Power.Total}, {Lacking(open)} more is needed";
            foreach (string line in Describe(open, decided))
            {
                yield return $"          {line}";
            }
        }
    }

    private static ulong Lacking(NodeProposal open) => open.Power.Needed - Math.Min(open.Power.Needed, open.Power.Heard);

    private static IEnumerable<string> Describe(NodeProposal open, DecidedConfiguration decided) =>
        DecidedConfiguration.Bytes(open.Change) is { } bytes
        && ConfigurationChange.TryParse(bytes, out ConfigurationChange change, out _)
            ? ChangeText.Describe(change, decided.Chain, decided.Configuration)
            : ["What it does cannot be read by this program."];

    private static JsonObject Document(DecidedConfiguration decided)
    {
        NodeGovernance said = decided.Said;
        return new JsonObject
        {
            ["chain"] = said.Chain,
            ["height"] = said.Height,
            ["change"] = said.Change,
            ["decided"] = said.Decided,
            ["members"] = new JsonArray([.. said.Members.Select(member => (JsonNode)new JsonObject
            {
                ["name"] = member.Name,
                ["words"] = member.Words,
                ["power"] = member.Power,
                ["kid"] = member.Kid,
                ["governance"] = member.Governance,
                ["stream"] = member.Stream,
                ["peer"] = member.Peer,
                ["self"] = member.Self,
            })]),
            ["parameters"] = Named(ChangeText.List(decided.Configuration.Parameters)),
            ["admission"] = Named(ChangeText.List(decided.Configuration.Admission)),
            ["proposals"] = new JsonArray([.. said.Proposals.Select(open => (JsonNode)new JsonObject
            {
                ["id"] = open.Id,
                ["at"] = open.At,
                ["does"] = Texts(Describe(open, decided)),
                ["approvedBy"] = Texts(open.ApprovedBy),
                ["approvedPower"] = open.Power.Heard,
                ["neededPower"] = open.Power.Needed,
                ["totalPower"] = open.Power.Total,
            })]),
        };
    }

    private static JsonObject Named(IEnumerable<(string Name, string Value)> pairs) =>
        new(pairs.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Name, pair.Value)));

    public static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)JsonValue.Create(text))];
}
