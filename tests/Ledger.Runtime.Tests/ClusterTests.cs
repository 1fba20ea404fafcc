using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Proofs;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests;

/// <summary>Several nodes on virtual time: the product's loop, execution, pool, fetch and synchronisation.</summary>
public sealed class ClusterTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public void Records_given_to_any_of_four_settle_at_all_in_the_same_blocks()
    {
        VirtualCluster cluster = new(seed: 1, nodes: 4);
        cluster.Start();
        List<RecordId> ids = [];
        for (int i = 0; i < 4; i++)
        {
            SubmissionOutcome[] outcomes = cluster.Nodes[i].Submit(new Operator(100 + i).Next(5));
            ids.AddRange(outcomes.Select(outcome => outcome.Receipt!.Id));
        }

        Assert.True(cluster.RunUntil(() => AllHold(cluster, ids), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    [Fact]
    public void One_of_four_down_the_others_go_on_and_it_catches_up_when_it_comes_back()
    {
        VirtualCluster cluster = new(seed: 2, nodes: 4);
        cluster.Start();
        Operator stream = new(100);
        RecordId first = cluster.Nodes[0].Submit(stream.Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [first]), Soon), State(cluster));

        cluster.Nodes[3].Crash();
        List<RecordId> ids = [];
        for (int i = 0; i < 10; i++)
        {
            RecordId id = cluster.Nodes[i % 3].Submit(stream.Next())[0].Receipt!.Id;
            ids.Add(id);
            Assert.True(cluster.RunUntil(() => Holds(cluster.Nodes[i % 3], id), Soon), State(cluster));
        }

        cluster.Nodes[3].Start();
        Assert.True(cluster.RunUntil(() => AllHold(cluster, ids), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    [Fact]
    public void A_follower_without_a_vote_holds_what_the_validators_settle()
    {
        VirtualCluster cluster = new(seed: 3, nodes: 5, validators: 4);
        cluster.Start();
        RecordId id = cluster.Nodes[4].Submit(new Operator(100).Next())[0].Receipt!.Id;

        Assert.True(cluster.RunUntil(() => AllHold(cluster, [id]), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void A_lossy_network_settles_everything_once_it_is_calm(int seed)
    {
        LinkQuality bad = new() { Loss = 0.2, Duplication = 0.1, Reordering = 0.2, LatencyMax = TimeSpan.FromMilliseconds(300) };
        VirtualCluster cluster = new(seed, nodes: 4, quality: bad);
        cluster.Start();
        Operator[] streams = [.. Enumerable.Range(0, 4).Select(i => new Operator(100 + i))];
        List<RecordId> ids = [];
        for (int round = 0; round < 20; round++)
        {
            ids.Add(cluster.Nodes[round % 4].Submit(streams[round % 4].Next())[0].Receipt!.Id);
            cluster.Network.RunUntil(cluster.Network.Now + TimeSpan.FromMilliseconds(500));
        }

        for (int from = 0; from < 4; from++)
        {
            for (int to = 0; to < 4; to++)
            {
                cluster.Network.SetLink(from, to, new LinkQuality());
            }
        }

        Assert.True(cluster.RunUntil(() => AllHold(cluster, ids), Soon), State(cluster));
        AssertAgreement(cluster);
    }

    /// <summary>Two prevotes under one key, which no honest node casts, are in the chain for everybody soon after.</summary>
    [Fact]
    public void A_validator_that_voted_twice_is_shown_to_have_by_a_block()
    {
        VirtualCluster cluster = new(seed: 4, nodes: 4);
        cluster.Start();
        cluster.Nodes[3].Crash();
        RecordId id = cluster.Nodes[0].Submit(new Operator(100).Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => Holds(cluster.Nodes[0], id), Soon), State(cluster));

        Height height = cluster.Nodes[0].Head.Height.Next;
        VirtualPeers liar = new(
            3, 4, (to, bytes) => cluster.Network.Send(3, to, bytes), cluster.Network.After, _ => true);
        foreach (BlockId? block in new BlockId?[] { null, new BlockId(Digest.Of("a block"u8)) })
        {
            liar.Say(SignedPrevote(cluster, validator: 3, height, block));
        }

        Assert.True(cluster.RunUntil(() => Misbehaviour(cluster.Nodes[1]).Any(), Soon), State(cluster));
        MisbehaviourFile file = Misbehaviour(cluster.Nodes[1]).Single();
        Assert.Equal(VirtualCluster.VoteKeyOf(3).Id, file.Signer);
        Assert.Null(MisbehaviourVerifier.FindUnsigned(file));
        Assert.Equal(height, MisbehaviourFile.Read(file.First).Height);
    }

    [Fact]
    public void A_validator_restored_from_a_backup_asks_the_others_how_far_they_are_before_it_votes()
    {
        VirtualCluster cluster = new(seed: 6, nodes: 4);
        cluster.Start();
        Operator stream = new(100);
        RecordId first = cluster.Nodes[0].Submit(stream.Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [first]), Soon), State(cluster));
        MemoryStore backup = cluster.Nodes[2].Store.Copy();
        RecordId second = cluster.Nodes[0].Submit(stream.Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [second]), Soon), State(cluster));

        cluster.Nodes[1].Crash();
        cluster.Nodes[2].RestoreAndStart(backup);
        cluster.Network.RunUntil(cluster.Network.Now + TimeSpan.FromSeconds(30));
        Assert.Contains("2 of 4 have so far", cluster.Nodes[2].Problem);
        Assert.True(Holds(cluster.Nodes[2], second), "it follows meanwhile");

        cluster.Nodes[1].Start();
        RecordId third = cluster.Nodes[0].Submit(stream.Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [third]) && cluster.Nodes[2].Problem is null, Soon), State(cluster));
        AssertAgreement(cluster);
    }

    [Fact]
    public void A_journal_that_is_the_one_it_stopped_with_votes_on_at_once()
    {
        VirtualCluster cluster = new(seed: 7, nodes: 4);
        cluster.Start();
        RecordId first = cluster.Nodes[0].Submit(new Operator(100).Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [first]), Soon), State(cluster));

        cluster.Nodes[2].Crash();
        cluster.Nodes[2].Start();

        Assert.Null(cluster.Nodes[2].Problem);
    }

    /// <summary>Its own stream is continued from the settled head, or its key would sign two histories.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_restored_node_seals_nothing_of_its_own_before_it_has_its_streams_head(bool waits)
    {
        VirtualCluster cluster = new(seed: 8, nodes: 4);
        cluster.Start();
        VirtualNode node = cluster.Nodes[2];
        RecordId first = cluster.Nodes[0].Submit(new Operator(100).Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [first]), Soon), State(cluster));
        MemoryStore backup = node.Store.Copy();
        RecordId own = (await node.SealOwn(RecordKind.Root, Body.Root(Digest.Of("one"u8), 1))).Id;
        Assert.True(cluster.RunUntil(() => AllHold(cluster, [own]), Soon), State(cluster));

        node.Rules = waits ? LoopRules.Sound : new SealsFromABackup();
        node.RestoreAndStart(backup);
        Task<Receipt> second = node.SealOwn(RecordKind.Root, Body.Root(Digest.Of("two"u8), 1));
        Assert.Equal(!waits, second.IsCompleted);
        // The blocks of the quarantine are empty ones: each comes a heartbeat after the one before.
        Assert.True(
            cluster.RunUntil(() => node.Problem is null && second.IsCompleted, TimeSpan.FromMinutes(5)), State(cluster));

        Record there = node.Chain.Record(own)!;
        Assert.Equal(waits ? there.Seq.Value + 1 : there.Seq.Value, (await second).Seq.Value);
    }

    private sealed class SealsFromABackup : LoopRules
    {
        public override bool WaitsForOwnHead => false;
    }

    private static byte[] SignedPrevote(VirtualCluster cluster, int validator, Height height, BlockId? block)
    {
        byte[] signed = SignBytes.Vote(cluster.Genesis.Chain, height, Round.Zero, VoteStep.Prevote, block);
        byte[] signature = VirtualCluster.VoteKeyOf(validator).Sign(signed, new byte[MlDsa65.RandomizerBytes]);
        Vote vote = new(height, Round.Zero, VoteStep.Prevote, block);
        return ConsensusMessage.Of(new SignedVote(vote, new ValidatorIndex(validator), signature)).Encode();
    }

    private static IEnumerable<MisbehaviourFile> Misbehaviour(VirtualNode node)
    {
        for (ulong height = 1; height <= node.Head.Height.Value; height++)
        {
            foreach (ReadOnlyMemory<byte> file in node.Chain.Block(new Height(height))!.Body.Misbehaviour)
            {
                Assert.True(MisbehaviourFile.TryParse(file, out MisbehaviourFile parsed, out _));
                yield return parsed;
            }
        }
    }

    private static bool Holds(VirtualNode node, RecordId id) => node.Chain.Placement(id) is not null;

    private static bool AllHold(VirtualCluster cluster, IReadOnlyCollection<RecordId> ids) =>
        cluster.Nodes.All(node => !node.IsUp || ids.All(id => Holds(node, id)));

    private static void AssertAgreement(VirtualCluster cluster)
    {
        ulong lowest = cluster.Nodes.Min(node => node.Head.Height.Value);
        for (ulong height = 1; height <= lowest; height++)
        {
            Assert.Single(cluster.Nodes.Select(node => node.Chain.Block(new Height(height))!.Header.Id).Distinct());
        }

        // Of every block but the last, all keep the commit that the next header names.
        for (ulong height = 1; height < lowest; height++)
        {
            Digest named = cluster.Nodes[0].Chain.Block(new Height(height + 1))!.Header.Commit;
            Assert.All(cluster.Nodes, node => Assert.Equal(named, node.Chain.Block(new Height(height))!.Commit.Digest));
        }
    }

    private static string State(VirtualCluster cluster) => string.Join("; ", cluster.Nodes.Select(node =>
        node.IsUp ? $"node {node.Index} at {node.Head.Height}, log {node.Head.Log.Size}, {node.Problem} {string.Join('|', node.Refused)}" : $"node {node.Index} down"));
}
