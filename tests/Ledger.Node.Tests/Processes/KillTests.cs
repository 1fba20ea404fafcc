using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Node.Tests.Setting;
using Ledger.Proofs;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.Node.Tests.Processes;

/// <summary>Kill -9 while many operators submit: what was acknowledged, as sealed or as settled, is there after each start.</summary>
public sealed class KillTests
{
    private const int Writers = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [FactThatNeeds("rocksdb")]
    [Trait("Tier", "process")]
    public Task Nothing_acknowledged_is_lost_in_eight_kills_under_load() => KillAsync(8);

    [FactThatNeeds("rocksdb")]
    [Trait("Tier", "full")]
    public Task Nothing_acknowledged_is_lost_in_fifty_kills_under_load() => KillAsync(50);

    private static async Task KillAsync(int kills)
    {
        using NodeFolderOnDisk folder = new();
        Random random = new(kills);
        Operator[] operators = [.. Enumerable.Range(100, Writers).Select(seed => new Operator(seed))];
        byte[]?[] unanswered = new byte[Writers][];
        ConcurrentDictionary<RecordId, string> acknowledged = [];
        ulong height = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using NodeProgram node = NodeProgram.Start("--dir", folder.Path);
            using NodeClient client = new(await node.ReadyAsync());
            int before = acknowledged.Count;
            Task[] writers =
            [
                .. Enumerable.Range(0, Writers).Select(index => Task.Run(async () =>
                    unanswered[index] = await WriteAsync(client, operators[index], unanswered[index], index, acknowledged))),
            ];
            await UntilAsync(() => Task.FromResult(acknowledged.Count > before || writers.Any(writer => writer.IsCompleted)));
            await Task.Delay(random.Next(1_200));
            height = Math.Max(height, (await client.GetAsync("/v1/status")).Number("height"));
            node.Signal(NodeProgram.Kill);
            await Task.WhenAll(writers);
            await node.EndAsync();
            Assert.True(acknowledged.Count > before, $"Nothing was acknowledged before kill {kill}: it shows nothing.");
        }

        await CheckAsync(folder, operators, acknowledged, height);
    }

    /// <summary>
    /// Submits one record after the other until the node is gone. Odd operators wait until each is settled. Returns the
    /// record that got no answer, which the next run sends again.
    /// </summary>
    private static async Task<byte[]> WriteAsync(
        NodeClient client, Operator one, byte[]? unanswered, int index, ConcurrentDictionary<RecordId, string> acknowledged)
    {
        byte[] record = unanswered ?? one.Next();
        while (true)
        {
            try
            {
                if (await client.StateAsync(record, index % 2 == 0 ? "" : "?wait=settled") is not { } state)
                {
                    Assert.Fail("A sound record was refused.");
                    return record;
                }

                Assert.True(Record.TryParse(record, out Record? parsed, out _));
                acknowledged[parsed.Id] = state;
                record = one.Next();
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                return record;
            }
        }
    }

    private static async Task CheckAsync(
        NodeFolderOnDisk folder, Operator[] operators, ConcurrentDictionary<RecordId, string> acknowledged, ulong height)
    {
        using NodeProgram node = NodeProgram.Start("--dir", folder.Path);
        using NodeClient client = new(await node.ReadyAsync());
        HashSet<string> settled = [];
        foreach (Operator one in operators)
        {
            // The last one that waits, if any, settles before what comes after it.
            string address = $"/v1/streams/{one.Stream}";
            await UntilAsync(async () => (await client.GetAsync("/v1/status"))["mempool"]!.Number("records") == 0);
            ulong? from = 0;
            while (from is { } start)
            {
                JsonNode page = await client.GetAsync($"{address}/records?from={start}&limit=200");
                settled.UnionWith(page["records"]!.AsArray().Select(record => record!.Text("id")));
                from = (ulong?)page["next"];
            }

            byte[] evidence = await client.Http.GetByteArrayAsync(new Uri($"{address}/evidence", UriKind.Relative));
            Verification verification = EvidenceVerifier.Verify(evidence, new TrustFile { Chain = TestNetwork.Genesis.Chain });
            Assert.True(verification.Verdict == Verdict.Verified, VerdictJson.FirstLine(verification));
        }

        Assert.Equal([], acknowledged.Keys.Select(id => id.ToString()).Except(settled));
        JsonNode status = await client.GetAsync("/v1/status");
        Assert.True(status.Number("height") >= height);
        await CheckLinksAsync(client, status);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, $"nothing came of it in {Patience}");
            await Task.Delay(20);
        }
    }

    /// <summary>One chain from the head to the first block, without a hole.</summary>
    private static async Task CheckLinksAsync(NodeClient client, JsonNode status)
    {
        string expected = status.Text("block");
        ulong? before = status.Number("height") + 1;
        while (before is { } below)
        {
            JsonNode page = await client.GetAsync($"/v1/blocks?before={below}&limit=200");
            foreach (JsonNode? block in page["blocks"]!.AsArray())
            {
                Assert.Equal(expected, block!.Text("id"));
                expected = block!.Text("prev");
            }

            before = (ulong?)page["next"];
        }
    }
}
