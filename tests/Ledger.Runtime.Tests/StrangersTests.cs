using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests;

/// <summary>
/// Ten thousand soundly signed streams that nobody invited, by every door of a node: none is taken, and not a byte of the
/// store is theirs.
/// </summary>
public sealed class StrangersTests(StrangersTests.Crowd crowd) : IClassFixture<StrangersTests.Crowd>
{
    private readonly Operator _invited = new(100);

    /// <summary>The switch: keys of whatever comes are kept.</summary>
    public static TheoryData<bool> Whether() => [true, false];

    [Fact]
    public void Handed_in_they_are_refused()
    {
        OneAmongLiars world = Invited();
        (long Rows, long Bytes) before = world.Held();
        foreach (byte[][] part in crowd.Records.Chunk(1_000))
        {
            foreach (SubmissionOutcome outcome in world.Node.Submit(part))
            {
                Assert.Equal(AdmissionRefusalKind.NotInvited, outcome.Refusal!.Admission!.Kind);
            }
        }

        world.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(before, world.Held());
        Assert.Null(Assert.Single(world.Node.Submit(_invited.Next())).Refusal);
        Assert.NotEqual(before, world.Held());
    }

    [Fact]
    public void Shared_by_a_peer_they_are_dropped()
    {
        OneAmongLiars world = Invited();
        (long Rows, long Bytes) before = world.Held();
        foreach (byte[] record in crowd.Records)
        {
            world.Share(record);
        }

        world.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(before, world.Held());
        world.Share(_invited.Next());
        world.Pass(TimeSpan.FromSeconds(1));
        Assert.NotEqual(before, world.Held());
    }

    /// <summary>All of them are named by a block, asked for, served, and make the block invalid.</summary>
    [Theory]
    [MemberData(nameof(Whether))]
    public void In_a_block_that_a_validator_proposes_they_are_fetched_refused_and_forgotten(bool keepsNothing)
    {
        OneAmongLiars world = Invited(keepsNothing ? LoopRules.Sound : new KeepsWhatComes());
        (long Rows, long Bytes) before = world.Held();
        ImmutableArray<RecordId> ids = keepsNothing ? crowd.Ids : crowd.Ids[..10];
        int served = 0;
        world.Answer = (question, content) => question == Question.Records
            ? PeerCodec.List(Named(content).Select(id => Serve(id, ref served)))
            : null;
        world.Propose(new BlockBody(ids, []));
        world.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal(ids.Length, served);
        Assert.Contains(world.Node.Refused, refused => refused.StartsWith("1: ", StringComparison.Ordinal));
        Assert.Equal(keepsNothing, before == world.Held());
    }

    /// <summary>Asked for what was invited, peers answer with strangers, as long as they are asked.</summary>
    [Theory]
    [MemberData(nameof(Whether))]
    public void Served_in_place_of_what_was_asked_for_they_leave_nothing(bool keepsNothing)
    {
        OneAmongLiars world = Invited(keepsNothing ? LoopRules.Sound : new KeepsWhatComes());
        (long Rows, long Bytes) before = world.Held();
        int served = 0;
        world.Answer = (question, content) => question == Question.Records
            ? PeerCodec.List(Named(content).Select(_ => (ReadOnlyMemory<byte>)crowd.Records[served++ % Crowd.Count]))
            : null;
        Record[] wanted = [.. Enumerable.Range(0, 64).Select(_ => _invited.NextRecord())];
        world.Propose(new BlockBody([.. wanted.Select(record => record.Id)], []));
        while (served < (keepsNothing ? 2_000 : 64) && world.Now < TimeSpan.FromMinutes(10))
        {
            world.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.True(served >= 64);
        Assert.Equal(keepsNothing, before == world.Held());
    }

    private ReadOnlyMemory<byte> Serve(RecordId id, ref int served)
    {
        served++;
        return crowd.ById[id];
    }

    private static ImmutableArray<RecordId> Named(ReadOnlyMemory<byte> question)
    {
        Assert.True(PeerCodec.TryReadIds(question.Span, out ImmutableArray<RecordId> ids));
        return ids;
    }

    private OneAmongLiars Invited(LoopRules? rules = null) => new(
        admission => admission with { IsOpen = false, Members = [new AdmittedMember("node1", [_invited.Key])] },
        rules ?? LoopRules.Sound);

    private sealed class KeepsWhatComes : LoopRules
    {
        public override bool KeepsNothingOfStrangers => false;
    }

    /// <summary>The genesis record of each, made once.</summary>
    public sealed class Crowd
    {
        internal const int Count = 10_000;

        public Crowd()
        {
            Records = new byte[Count][];
            RecordId[] ids = new RecordId[Count];
            Parallel.For(0, Count, number =>
            {
                Record record = new Operator(1_000_000 + number).NextRecord();
                (Records[number], ids[number]) = (record.Bytes.ToArray(), record.Id);
            });
            Ids = [.. ids];
            ById = Ids.Zip(Records).ToDictionary(pair => pair.First, pair => pair.Second);
        }

        internal byte[][] Records { get; }

        internal ImmutableArray<RecordId> Ids { get; }

        internal Dictionary<RecordId, byte[]> ById { get; }
    }
}
