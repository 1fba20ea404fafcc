using System.Text.Json.Nodes;
using Ledger.Core.Chain;
using Ledger.Node.Api;
using Ledger.Node.Tests.Setting;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

public sealed class AdmissionTests
{
    [Fact]
    public async Task In_an_invited_network_only_invited_streams_are_opened()
    {
        Operator invited = new(100);
        Operator stranger = new(101);
        GenesisDocument genesis = TestNetwork.With(admission => admission with
        {
            IsOpen = false,
            Members = [new AdmittedMember("bank", [invited.Key])],
        });
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: genesis);

        JsonNode receipt = (await node.SettleAsync(invited.Next()))[0];
        JsonNode problem = await (await node.SubmitAsync(stranger.Next())).ProblemAsync(ProblemType.NotInvited);

        Assert.Equal("bank", (await node.GetAsync($"/v1/streams/{receipt.Text("stream")}")).Text("sponsor"));
        Assert.Contains("ask one of its members", problem.Text("detail"));
        Assert.False(problem.AsObject().TryGetPropertyValue("layer", out JsonNode? layer) && layer is not null);
    }

    [Fact]
    public Task Streams_of_strangers_are_refused_and_leave_not_a_byte() => RefuseAsync(strangers: 1_000);

    [Fact]
    [Trait("Tier", "full")]
    public Task Ten_thousand_streams_of_strangers_are_refused_and_leave_not_a_byte() => RefuseAsync(strangers: 10_000);

    /// <summary>Each record is sound; the store has as many rows and bytes before as after.</summary>
    private static async Task RefuseAsync(int strangers)
    {
        Operator invited = new(100);
        MemoryStore store = new();
        GenesisDocument genesis = TestNetwork.With(
            admission => admission with { IsOpen = false, Members = [new AdmittedMember("bank", [invited.Key])] },
            new Parameters { HeartbeatMs = 3_600_000 });
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(store, genesis);
        await node.SettleAsync(invited.Next());
        await Quiet.WaitAsync(node, store);
        (long rows, long bytes) = (Rows(store), store.Bytes);
        byte[][] records = new byte[strangers][];
        Parallel.For(0, strangers, number => records[number] = new Operator(1_000_000 + number).Next());

        int refused = 0;
        foreach (byte[][] part in records.Chunk(500))
        {
            JsonNode problem = await (await node.SubmitAsync(part)).ProblemAsync(ProblemType.NothingAccepted);
            refused += problem["receipts"]!.AsArray().Count(
                one => one!["problem"]!.Text("type") == ProblemType.NotInvited.Address);
        }

        Assert.Equal(strangers, refused);
        Assert.Equal((rows, bytes), (Rows(store), store.Bytes));
        await node.SettleAsync(invited.Next());
        Assert.NotEqual(bytes, store.Bytes);
    }

    private static long Rows(MemoryStore store) =>
        Enum.GetValues<Table>().Sum(table => store.Scan(table, [], null).LongCount());

    [Fact]
    public async Task A_used_up_quota_of_records_is_refused_with_what_remains()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: TestNetwork.With(admission => admission with
        {
            Stream = new StreamQuota(TestNetwork.Generous.Bytes, 2),
        }));
        Operator alice = new(100);
        await node.SettleAsync(alice.Next(2));

        JsonNode problem = await (await node.SubmitAsync(alice.Next())).ProblemAsync(ProblemType.Quota);

        Assert.Equal(0UL, problem.Number("remaining"));
        Assert.Equal(2UL, problem.Number("limit"));
    }

    [Fact]
    public async Task A_used_up_quota_of_bytes_says_how_many_are_left()
    {
        Operator alice = new(100);
        byte[] genesis = alice.Next();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: TestNetwork.With(admission => admission with
        {
            Open = new SponsorQuota((ulong)genesis.Length + 100, 1_000, 1_000),
        }));
        await node.SettleAsync(genesis);

        JsonNode problem = await (await node.SubmitAsync(alice.Next())).ProblemAsync(ProblemType.Quota);

        Assert.Equal(100UL, problem.Number("remaining"));
        Assert.Contains("'open'", problem.Text("detail"));
    }

    [Fact]
    public async Task Too_many_streams_of_one_sponsor_in_a_day_are_refused_and_old_ones_go_on()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: TestNetwork.With(admission => admission with
        {
            Open = TestNetwork.Generous with { Streams = 1 },
        }));
        Operator first = new(100);
        await node.SettleAsync(first.Next());

        JsonNode problem = await (await node.SubmitAsync(new Operator(101).Next())).ProblemAsync(ProblemType.Quota);

        Assert.Contains("tomorrow", problem.Text("detail"));
        Assert.Equal("settled", (await node.SettleAsync(first.Next()))[0].Text("state"));
    }

    [Fact]
    public async Task In_a_batch_what_fits_is_taken_and_the_rest_is_refused()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: TestNetwork.With(admission => admission with
        {
            Stream = new StreamQuota(TestNetwork.Generous.Bytes, 3),
        }));

        JsonNode answer = await (await node.SubmitAsync(new Operator(100).Next(5), "?wait=settled")).JsonAsync(202);

        Assert.Equal(3, answer["receipts"]!.AsArray().Count(receipt => receipt!["problem"] is null));
        Assert.Equal(ProblemType.Quota.Address, answer["receipts"]![3]!["problem"]!.Text("type"));
    }
}
