using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Runtime.Intake;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>Validators change their own set: rules Q1 to Q8, on virtual time.</summary>
public sealed class GovernanceTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_change_is_in_force_two_heights_after_more_than_two_thirds_approved_it()
    {
        VirtualCluster cluster = Started(nodes: 5, validators: 4);
        Approve(cluster, at: 1, Add(4), by: [0, 1, 2]);

        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));
        VirtualNode node = cluster.Nodes[0];
        Height decided = FirstHeight(node, header => header.Next != cluster.Genesis.Configuration.Digest);
        Digest after = node.Chain.Block(decided)!.Header.Next;
        Assert.Equal(cluster.Genesis.Configuration.Digest, node.Chain.Block(decided)!.Header.Validators);
        Assert.Contains(
            node.Chain.Block(decided.Previous)!.Body.Records,
            id => node.Chain.Record(id)!.Kind == RecordKind.Governance);
        Settle(cluster, 0);
        Assert.Equal(after, node.Chain.Block(decided.Next)!.Header.Validators);
        Assert.Equal(after, node.Chain.Block(decided.Next)!.Header.Next);
        Assert.Equal(5, node.Chain.Configuration(after).Validators.Length);
    }

    /// <summary>Five can lose one, four of five are a quorum, and the fifth is one of these four.</summary>
    [Fact]
    public void A_new_validator_votes()
    {
        VirtualCluster cluster = Started(nodes: 5, validators: 4);
        Approve(cluster, at: 1, Add(4), by: [0, 1, 2]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));

        cluster.Nodes[0].Crash();
        Settle(cluster, 1);
        Assert.Contains(
            Enumerable.Range(1, (int)cluster.Nodes[1].Head.Height.Value),
            height => cluster.Nodes[1].Chain.Block(new Height((ulong)height))!.Header.Proposer == VirtualCluster.VoteKeyOf(4).Id);
        Assert.NotNull(cluster.Nodes[1].Chain.Stream(VirtualCluster.ValidatorOf(4).Stream));
    }

    [Fact]
    public void A_program_that_does_not_know_the_protocol_stops_with_the_last_block_before_it_and_again_at_each_start()
    {
        VirtualCluster cluster = Started(nodes: 4, validators: 4);
        Ends[] ends = [.. cluster.Nodes.Select(_ => new Ends())];
        for (int i = 0; i < 4; i++)
        {
            cluster.Nodes[i].Crash();
            cluster.Nodes[i].Witness = ends[i];
            cluster.Nodes[i].Start();
        }

        Parameters parameters = cluster.Genesis.Configuration.Parameters with { Protocol = Limits.Protocol + 1 };
        Approve(cluster, at: 1, new ConfigurationChange { Parameters = parameters }, by: [0, 1, 2]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => !node.IsUp), Soon));
        Assert.All(ends, end => Assert.Contains("install a version that knows it", end.Reason!.Message));

        Height last = cluster.Nodes[0].Chain.Height;
        Assert.All(cluster.Nodes, node => Assert.Equal(last, node.Chain.Height));
        Header header = cluster.Nodes[0].Chain.Header(last)!;
        Assert.Equal(1UL, cluster.Nodes[0].Chain.Configuration(header.Validators).Parameters.Protocol);
        Assert.Equal(2UL, cluster.Nodes[0].Chain.Configuration(header.Next).Parameters.Protocol);
        cluster.Nodes[0].Start();
        Assert.False(cluster.Nodes[0].IsUp);

        ConfigurationChange back = new() { Parameters = parameters with { Protocol = 1 } };
        Assert.False(back.TryApply(cluster.Genesis.Configuration with { Parameters = parameters }, out _, out string fault));
        Assert.Contains("goes back to protocol version 1", fault);
    }

    /// <summary>A record holds seventeen approvals at most: those of twenty-one are spread over several.</summary>
    [Fact]
    public void Thirty_one_validators_change_their_set()
    {
        VirtualCluster cluster = Started(nodes: 31, validators: 31);
        Assert.False(cluster.Genesis.Configuration.IsQuorum(20));
        Approve(cluster, at: 1, new ConfigurationChange { Remove = ["node30"] }, by: [.. Enumerable.Range(0, 10)]);
        Approve(cluster, at: 1, new ConfigurationChange { Remove = ["node30"] }, by: [.. Enumerable.Range(10, 10)]);
        Settle(cluster, 3);
        Assert.All(cluster.Nodes, node => Assert.Equal(0UL, node.Head.Configuration.Change));
        Approve(cluster, at: 1, new ConfigurationChange { Remove = ["node30"] }, by: [20]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));
        Assert.Equal(30, cluster.Nodes[0].Head.Configuration.Validators.Length);
        Settle(cluster, 30);
    }

    private sealed class Ends : NodeWitness
    {
        public Exception? Reason { get; private set; }

        public override bool Died(Exception reason)
        {
            Reason = reason;
            return true;
        }
    }

    [Fact]
    public void A_removed_validator_follows_and_no_longer_votes()
    {
        VirtualCluster cluster = Started(nodes: 5, validators: 5);
        Approve(cluster, at: 1, new ConfigurationChange { Remove = ["node4"] }, by: [0, 1, 2, 3]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));

        Height from = cluster.Nodes[0].Head.Height.Next;
        for (int i = 0; i < 5; i++)
        {
            Settle(cluster, i);
        }

        for (Height height = from; height <= cluster.Nodes[0].Head.Height; height = height.Next)
        {
            Assert.NotEqual(VirtualCluster.VoteKeyOf(4).Id, cluster.Nodes[0].Chain.Block(height)!.Header.Proposer);
        }

        cluster.Nodes[4].Crash();
        Settle(cluster, 0);
    }

    [Fact]
    public void A_validator_goes_over_to_its_next_key_at_the_height_where_that_is_in_force()
    {
        VirtualCluster cluster = Started(nodes: 4, validators: 4);
        Validator rekeyed = VirtualCluster.ValidatorOf(3) with { VoteKey = VirtualCluster.NextVoteKeyOf(3).PublicKey };
        Approve(cluster, at: 1, new ConfigurationChange { Set = [rekeyed] }, by: [0, 1, 2]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));

        cluster.Nodes[0].Crash();
        Settle(cluster, 1);
        cluster.Nodes[0].Start();
        Settle(cluster, 0);
    }

    [Fact]
    public void Approvals_in_several_records_of_several_members_add_up_and_outlive_a_restart()
    {
        VirtualCluster cluster = Started(nodes: 4, validators: 4);
        ConfigurationChange change = new() { Parameters = new Parameters { BlockRecords = 7 } };
        Approve(cluster, at: 1, change, by: [0]);
        Approve(cluster, at: 1, change, by: [1], sealer: 1);
        Settle(cluster, 2);
        Assert.All(cluster.Nodes, node => Assert.Equal(0UL, node.Head.Upcoming.Change));
        foreach (VirtualNode node in cluster.Nodes)
        {
            node.Crash();
            node.Start();
        }

        Approve(cluster, at: 1, change, by: [1, 2], sealer: 2);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));
        Assert.All(cluster.Nodes, node => Assert.Equal(7UL, node.Head.Configuration.Parameters.BlockRecords));
        Assert.All(cluster.Nodes, node => Assert.Empty(node.Chain.Approvals()));
    }

    [Fact]
    public void A_node_that_restarts_between_a_decision_and_its_height_takes_it_up_again()
    {
        VirtualCluster cluster = Started(nodes: 4, validators: 4);
        Approve(cluster, at: 1, new ConfigurationChange { Parameters = new Parameters { BlockRecords = 7 } }, by: [0, 1, 2]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes[0].Head.Upcoming.Change == 1, Soon));
        Assert.Equal(0UL, cluster.Nodes[0].Head.Configuration.Change);

        cluster.Nodes[0].Crash();
        cluster.Nodes[0].Start();
        Assert.Equal(1UL, cluster.Nodes[0].Head.Upcoming.Change);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));
    }

    public static TheoryData<string> Idle() =>
        ["two approvals", "one member twice", "a signature of another change", "a stranger's key", "a later number",
            "a change of nobody", "a stranger's stream"];

    /// <summary>Each settles, and decides nothing; the same with nothing wrong decides.</summary>
    [Theory]
    [MemberData(nameof(Idle))]
    public void What_does_not_count_settles_and_decides_nothing(string what)
    {
        VirtualCluster cluster = Started(nodes: 4, validators: 4);
        SigningKey[] three = [.. Enumerable.Range(0, 3).Select(VirtualCluster.GovernanceKeyOf)];
        ConfigurationChange change = new() { Remove = ["node3"] };
        ChainId chain = cluster.Genesis.Chain;
        CborMap body = what switch
        {
            "two approvals" => Governor.Body(chain, change, 1, three[..2]),
            "one member twice" => Governor.Body(chain, change, 1, three[0], three[1], three[1]),
            "a signature of another change" => CborMap.Of(
                ("change", CborValue.Decode(change.Encode())), ("at", 1),
                ("approvals", Governor.Body(chain, new ConfigurationChange { Remove = ["node2"] }, 1, three)["approvals"])),
            "a stranger's key" => Governor.Body(chain, change, 1, three[0], three[1], VirtualCluster.VoteKeyOf(2)),
            "a later number" => Governor.Body(chain, change, 2, three),
            "a change of nobody" => Governor.Body(chain, new ConfigurationChange { Remove = ["nobody"] }, 1, three),
            _ => Governor.Body(chain, change, 1, three),
        };
        if (what == "a stranger's stream")
        {
            SubmissionOutcome[] outcomes = cluster.Nodes[0].Submit(new Operator(100).Next(RecordKind.Governance, body));
            Assert.All(outcomes, outcome => Assert.Null(outcome.Refusal));
        }
        else
        {
            _ = cluster.Nodes[0].SealOwn(RecordKind.Governance, body);
        }

        Settle(cluster, 0);
        Settle(cluster, 1);
        Assert.All(cluster.Nodes, node => Assert.Equal(0UL, node.Head.Upcoming.Change));

        Approve(cluster, at: 1, change, by: [0, 1, 2]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));
    }

    [Fact]
    public void A_change_is_executed_once()
    {
        VirtualCluster cluster = Started(nodes: 5, validators: 4);
        Approve(cluster, at: 1, Add(4), by: [0, 1, 2]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 1), Soon));
        Approve(cluster, at: 2, new ConfigurationChange { Remove = ["node4"] }, by: [0, 1, 2, 3]);
        Assert.True(cluster.RunUntil(() => cluster.Nodes.All(node => node.Head.Configuration.Change == 2), Soon));

        Approve(cluster, at: 1, Add(4), by: [0, 1, 2]);
        Settle(cluster, 1);
        Assert.All(cluster.Nodes, node => Assert.Equal(2UL, node.Head.Upcoming.Change));
        Assert.All(cluster.Nodes, node => Assert.Equal(4, node.Head.Upcoming.Validators.Length));
    }

    private static ConfigurationChange Add(int node) => new() { Set = [VirtualCluster.ValidatorOf(node)] };

    private static VirtualCluster Started(int nodes, int validators)
    {
        VirtualCluster cluster = new(seed: 5, nodes, validators);
        cluster.Start();
        Settle(cluster, 0);
        return cluster;
    }

    private static void Approve(VirtualCluster cluster, ulong at, ConfigurationChange change, int[] by, int sealer = 0) =>
        _ = cluster.Nodes[sealer].SealOwn(
            RecordKind.Governance,
            Governor.Body(cluster.Genesis.Chain, change, at, by.Select(VirtualCluster.GovernanceKeyOf)));

    /// <summary>A record of a stream of its own settles at every node that is up.</summary>
    private static void Settle(VirtualCluster cluster, int node)
    {
        RecordId id = cluster.Nodes[node].Submit(new Operator(++_streams).Next())[0].Receipt!.Id;
        Assert.True(
            cluster.RunUntil(
                () => cluster.Nodes.All(each => !each.IsUp || each.Chain.Placement(id) is not null), TimeSpan.FromMinutes(2)),
            "the record does not settle");
    }

    private static int _streams = 10_000;

    private static Height FirstHeight(VirtualNode node, Func<Header, bool> holds)
    {
        Height height = new(1);
        while (!holds(node.Chain.Block(height)!.Header))
        {
            height = height.Next;
        }

        return height;
    }
}
