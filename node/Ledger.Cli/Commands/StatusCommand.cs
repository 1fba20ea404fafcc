using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;

namespace Ledger.Cli.Commands;

/// <summary><c>status</c> and <c>peers</c>: where a node stands, and whom it sees.</summary>
internal static class StatusCommand
{
    public static Command CreateStatus() => Create("status", "Where a node stands.", StatusAsync);

    public static Command CreatePeers() => Create("peers", "The nodes of a network, as one of them sees them.", PeersAsync);

    private static Command Create(
        string name, string description, Func<NodeClient, Output, CancellationToken, Task> tell)
    {
        Option<Uri> node = CommonOptions.Node();
        Option<bool> json = CommonOptions.Json();
        Command command = new(name, description) { node, json };
        command.SetAction(async (parsed, stop) =>
        {
            using NodeClient client = new(parsed.GetValue(node)!);
            await tell(client, new Output(parsed.GetValue(json)), stop).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task StatusAsync(NodeClient client, Output output, CancellationToken stop)
    {
        NodeStatus status = await client.GetStatusAsync(stop).ConfigureAwait(false);
        output.Say($"chain     {status.Chain}  ({status.Name})");
        output.Say($"height    {status.Height}");
        output.Say($"settled   {status.Settled} records, {status.Mempool.Records} more are sealed and wait");
        output.Say($"anchored  {status.Anchored} records, on Bitcoin {status.Network}");
        foreach (string problem in status.Problems)
        {
            output.Say($"problem   {problem}");
        }

        output.Document(new JsonObject
        {
            ["chain"] = status.Chain,
            ["name"] = status.Name,
            ["height"] = status.Height,
            ["block"] = status.Block,
            ["settled"] = status.Settled,
            ["sealed"] = status.Mempool.Records,
            ["anchored"] = status.Anchored,
            ["network"] = status.Network,
            ["ready"] = status.Ready,
            ["problems"] = new JsonArray([.. status.Problems.Select(problem => (JsonNode)JsonValue.Create(problem))]),
        });
    }

    private static async Task PeersAsync(NodeClient client, Output output, CancellationToken stop)
    {
        JsonArray list = [];
        foreach (NodePeer peer in await client.GetPeersAsync(stop).ConfigureAwait(false))
        {
            string where = peer.Self ? "this node" : peer.Connected ? $"connected, {peer.Direction}  {peer.Address}" : "not connected";
            output.Say($"{peer.Name,-10}  {peer.Peer}  {where}");
            list.Add((JsonNode)new JsonObject
            {
                ["name"] = peer.Name,
                ["peer"] = peer.Peer,
                ["self"] = peer.Self,
                ["connected"] = peer.Connected,
                ["address"] = peer.Address,
                ["direction"] = peer.Direction,
                ["agent"] = peer.Agent,
                ["announced"] = new JsonArray([.. (peer.Announced ?? []).Select(address => (JsonNode)JsonValue.Create(address))]),
            });
        }

        output.Document(list);
    }
}
