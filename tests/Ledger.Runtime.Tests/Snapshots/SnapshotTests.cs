using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Streams;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Snapshots;
using Ledger.TestKit;

namespace Ledger.Runtime.Tests.Snapshots;

/// <summary>
/// Rules N1 to N11. Each lie is told beside the truth, which is taken; with the rule that finds it out broken, the lie
/// gets in.
/// </summary>
public sealed class SnapshotTests(SnapshotSource source) : IClassFixture<SnapshotSource>
{
    private static readonly Table[] State =
        [Table.Streams, Table.Usage, Table.Approvals, Table.Misbehaviour, Table.Entries, Table.Leaves, Table.StreamRecords];

    [Fact]
    public void A_joined_node_holds_what_one_that_executed_every_block_holds()
    {
        MemoryStore store = new();
        Assert.Equal("", source.Join(store));
        ChainHead head = HeadLoader.Load(new ChainStore(store), source.Genesis);
        Assert.Equal(source.Offer.Block.Id, head.Block);
        Assert.Equal(source.Offer.Block.Root, head.Log.Root);
        Assert.Equal(2UL, head.Configuration.Change);
        Assert.Equal(2, new ChainStore(store).Approvals().Count());

        // The last block is empty, so the state after the one before is the same.
        Assert.Equal(source.Chain.Height, source.Offer.Height.Next);
        Assert.All(State, table => Assert.Equal(Rows(source.Chain.Raw, table), Rows(store, table)));
        Assert.NotEmpty(Rows(store, Table.Usage));
        Assert.Equal(source.Chain.Changes(), new ChainStore(store).Changes());
    }

    [Fact]
    public void An_interrupted_join_goes_on_where_it_was()
    {
        MemoryStore store = new();
        int[] answers = [0];
        Assert.Equal("", source.Join(new MemoryStore(), Count));
        int whole = answers[0];
        answers[0] = 0;
        string end = "interrupted";
        for (int life = 0; end == "interrupted"; life++)
        {
            Assert.InRange(life, 0, whole + 1);
            end = source.Join(store, Count, answersMax: 2);
            store = store.PowerCut();
        }

        Assert.Equal("", end);
        Assert.InRange(answers[0], whole, 2 * whole);
        Assert.All(State, table => Assert.Equal(Rows(source.Chain.Raw, table), Rows(store, table)));

        byte[] Count(SnapshotQuestion question, byte[] answer)
        {
            answers[0]++;
            return answer;
        }
    }

    public static TheoryData<string, string> Lies() => new()
    {
        { "a false leaf", "the node of the streams map is not" },
        { "a false time", "is not the one that the map holds" },
        { "a false key", "which its state names" },
        { "a false edge", "the right edge of the log has another root" },
        { "a false tile", "is not the one that the log's root holds" },
        { "a block without a record", "a block that is not the one before" },
        { "another record", "a record that no block names" },
        { "another configuration", "which a header names" },
        { "a record of governance that never settled", "that the log does not hold" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_lie_is_found_out_and_gets_in_where_its_rule_is_broken(string lie, string fault)
    {
        Assert.Equal("", source.Join(new MemoryStore()));
        bool[] told = [false];
        Assert.Contains(fault, source.Join(new MemoryStore(), Tell), StringComparison.Ordinal);
        Assert.True(told[0]);

        told[0] = false;
        string trusting = "";
        try
        {
            trusting = source.Join(new MemoryStore(), Tell, new Trusting(lie));
        }
        catch (Exception broken) when (broken is StoreCorruptException or NullReferenceException)
        {
            // It got in, and shows later.
        }

        Assert.True(told[0]);
        Assert.DoesNotContain(fault, trusting, StringComparison.Ordinal);

        byte[] Tell(SnapshotQuestion question, byte[] answer)
        {
            byte[]? told1 = told[0] ? null : Liar.Tell(lie, question, answer);
            told[0] |= told1 is not null;
            return told1 ?? answer;
        }
    }

    [Fact]
    public void A_piece_that_is_cut_off_is_refused_whatever_it_is()
    {
        HashSet<Type> cut = [];
        for (bool any = true; any;)
        {
            any = false;
            string end = source.Join(new MemoryStore(), (question, answer) =>
            {
                if (any || !cut.Add(question.GetType()))
                {
                    return answer;
                }

                any = true;
                return answer[..^1];
            });
            Assert.Equal(any, end.Length > 0);
        }

        Assert.Equal(6, cut.Count);
    }

    public static TheoryData<string, string> Offers() => new()
    {
        { "another block", "does not name it and its commit" },
        { "signed by too few", "not more than two thirds" },
        { "signed by those who left", "was not in force at its height" },
        { "no walk", "the walk does not lead to the configuration" },
        { "another chain", "of another chain" },
    };

    [Theory]
    [MemberData(nameof(Offers))]
    public void An_offer_counts_only_through_the_walk_from_the_genesis_document(string what, string fault)
    {
        SnapshotOffer offer = source.Offer;
        ImmutableArray<SnapshotWalk> walk = source.Walk();
        Assert.Equal("", source.Join(new MemoryStore(), offer: offer, walk: walk));
        Assert.Equal(2, walk.Count(step => step.Block is not null));
        (SnapshotOffer Offer, ImmutableArray<SnapshotWalk> Walk) told = what switch
        {
            "another block" => (offer with { Block = offer.Block with { Streams = Digest.Of("x"u8) } }, walk),
            "signed by too few" =>
                (offer with { NextCommit = offer.NextCommit with { Votes = offer.NextCommit.Votes[..1] } }, walk),
            "signed by those who left" => (Departed(offer), walk),
            "no walk" => (offer, []),
            _ => (offer with { Block = offer.Block with { Chain = new ChainId(Digest.Of("x"u8)) } }, walk),
        };

        Assert.Contains(fault, source.Join(new MemoryStore(), offer: told.Offer, walk: told.Walk), StringComparison.Ordinal);
    }

    /// <summary>The first validators, all but one of whom still vote, sign as if nobody had followed them.</summary>
    private SnapshotOffer Departed(SnapshotOffer offer)
    {
        Digest first = source.Genesis.Configuration.Digest;
        Header next = offer.Next with { Validators = first, Next = first, Previous = default };
        Header block = offer.Block with { Next = first };
        next = next with { Previous = block.Id };
        Commit commit = offer.Commit with { Block = block.Id };
        next = next with { Commit = commit.Digest };
        byte[] signed = SignBytes.Vote(next.Chain, next.Height, Round.Zero, VoteStep.Precommit, next.Id);
        Commit nextCommit = new(next.Height, Round.Zero, next.Id, [.. Enumerable.Range(0, 3).Select(i => new CommitVote(
            i, TestKit.Simulation.VirtualCluster.VoteKeyOf(i).Sign(signed, new byte[Crypto.MlDsa65.RandomizerBytes])))]);
        return new SnapshotOffer(block, commit, next, nextCommit, null);
    }

    private static List<string> Rows(IStore store, Table table) =>
        [.. store.Scan(table, [], null).Select(pair => $"{Convert.ToHexString(pair.Key)}:{Convert.ToHexString(pair.Value)}")];

    /// <summary>Believes one kind of lie.</summary>
    private sealed class Trusting(string lie) : SnapshotRules
    {
        public override bool IsLog(Digest root, Digest named) => lie == "a false edge" || base.IsLog(root, named);

        public override bool IsTile(Digest root, Digest above) => lie == "a false tile" || base.IsTile(root, above);

        public override bool IsNode(Digest hash, Digest asked) => lie == "a false leaf" || base.IsNode(hash, asked);

        public override bool IsState(Digest hash, Digest value) =>
            lie is "a false time" or "a false leaf" || base.IsState(hash, value);

        public override bool IsKey(KeyId key, KeyId named) => lie == "a false key" || base.IsKey(key, named);

        public override bool IsPast(Header above, Header block, Digest body, Digest commit) =>
            lie == "a block without a record" || base.IsPast(above, block, body, commit);

        public override bool IsRecord(RecordId id, RecordId named) => lie == "another record" || base.IsRecord(id, named);

        public override bool IsConfiguration(Digest digest, Digest named) =>
            lie == "another configuration" || base.IsConfiguration(digest, named);

        public override bool IsInLog(Digest leaf, Digest held) =>
            lie == "a record of governance that never settled" || base.IsInLog(leaf, held);
    }
}
