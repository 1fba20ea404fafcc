using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests.Intake;

/// <summary>
/// A thief holds the key in force and seals as fast as he can; the owner has the recovery key. And records that wait in
/// vain: shared again, or let go.
/// </summary>
public sealed class RecoveryTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly SigningKey Stolen = SigningKey.FromSeed(TestNetwork.Seed(100));
    private static readonly SigningKey Recovery = SigningKey.FromSeed(TestNetwork.Seed(101));
    private static readonly SigningKey Good = SigningKey.FromSeed(TestNetwork.Seed(102));

    private readonly VirtualCluster _cluster = new(seed: 21, nodes: 4);
    private readonly Operator _stream = new(Stolen, Recovery);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_recovery_key_takes_the_place_of_what_waits(bool sound)
    {
        Record genesis = Settled(sound ? LoopRules.Sound : new Overtaken());

        // The thief's records wait: their time has not come.
        byte[][] thief = [.. Enumerable.Range(1, 3).Select(i => _stream.NextAt(In(TimeSpan.FromMinutes(11 + i))))];
        Assert.All(_cluster.Nodes[0].Submit(thief), outcome => Assert.NotNull(outcome.Receipt));

        SubmissionOutcome outcome = _cluster.Nodes[0].Submit(_stream.RecoverAfter(genesis, Good))[0];
        Assert.Equal(sound ? null : RefusalKind.Fork, outcome.Refusal?.Kind);
        if (sound)
        {
            Assert.True(Runs(() => StateAt(0).Current.Kid == Good.Id), State());
            Assert.True(StateAt(0).Current.ByRecovery);

            // What was displaced is refused for good, and by its place.
            Assert.Equal(RefusalKind.Fork, _cluster.Nodes[0].Submit(thief)[0].Refusal!.Kind);
        }
    }

    [Fact]
    public void Two_records_of_the_recovery_key_at_one_place_are_a_fork()
    {
        Record genesis = Settled(LoopRules.Sound);
        Halt();
        SigningKey another = SigningKey.FromSeed(TestNetwork.Seed(103));
        Assert.NotNull(_cluster.Nodes[0].Submit(_stream.RecoverAfter(genesis, Good))[0].Receipt);
        Assert.Equal(
            RefusalKind.Fork, _cluster.Nodes[0].Submit(_stream.RecoverAfter(genesis, another))[0].Refusal!.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_frozen_stream_stands_still_for_a_day_while_others_go_on(bool sound)
    {
        Record genesis = Settled(sound ? LoopRules.Sound : new Heedless());
        Freeze freeze = FreezeOf(number: 1);
        FreezeOutcome outcome = _cluster.Nodes[1].Freeze(freeze)!.Value;
        Assert.Null(outcome.Refusal);
        Assert.Equal(1UL, outcome.Heeded.Number);
        Assert.True(Runs(() => _cluster.Nodes.All(node => Holds(node))), State());

        RecordId thief = _cluster.Nodes[2].Submit(_stream.Next())[0].Receipt!.Id;
        RecordId other = _cluster.Nodes[2].Submit(new Operator(200).Next())[0].Receipt!.Id;
        Assert.True(Runs(() => IsSettled(other)), State());
        Assert.Equal(!sound, Runs(() => IsSettled(thief)));
        if (!sound)
        {
            return;
        }

        Assert.NotNull(_cluster.Nodes[2].Submit(_stream.RecoverAfter(genesis, Good))[0].Receipt);
        Assert.True(Runs(() => StateAt(0).Current.Kid == Good.Id), State());
        Assert.False(IsSettled(thief));
    }

    [Fact]
    public void After_a_day_and_through_a_restart_a_freeze_ends_by_itself()
    {
        Settled(LoopRules.Sound);
        Assert.Null(_cluster.Nodes[0].Freeze(FreezeOf(number: 7))!.Value.Refusal);
        Assert.True(Runs(() => _cluster.Nodes.All(node => Holds(node))), State());
        _cluster.Nodes[1].Crash();
        _cluster.Nodes[1].Start();
        RecordId id = _cluster.Nodes[1].Submit(_stream.Next())[0].Receipt!.Id;
        Assert.False(Runs(() => IsSettled(id)));
        Assert.Contains("heeded before", _cluster.Nodes[1].Freeze(FreezeOf(number: 7))!.Value.Detail!);

        Assert.True(_cluster.RunUntil(() => IsSettled(id), TimeSpan.FromHours(25)), State());
    }

    [Theory]
    [InlineData("another chain", "another chain")]
    [InlineData("the key in force", "recovery key")]
    [InlineData("an unknown stream", "does not know")]
    public void A_freeze_that_is_not_right_is_refused_with_the_reason(string what, string reason)
    {
        Settled(LoopRules.Sound);
        Assert.Null(_cluster.Nodes[0].Freeze(FreezeOf(number: 1))!.Value.Refusal);
        Freeze freeze = what switch
        {
            "another chain" => Sealed(Recovery, new ChainId(Digest.Of("other"u8)), _stream.Stream, 2),
            "the key in force" => Sealed(Stolen, _cluster.Genesis.Chain, _stream.Stream, 2),
            _ => Sealed(Recovery, _cluster.Genesis.Chain, new StreamId(Digest.Of("none"u8)), 2),
        };
        Assert.Contains(reason, _cluster.Nodes[0].Freeze(freeze)!.Value.Detail!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_acknowledged_while_cut_off_is_shared_again(bool sound)
    {
        VirtualCluster cluster = new(seed: 22, nodes: 5, validators: 4);
        cluster.Nodes[4].Rules = sound ? LoopRules.Sound : new SharesOnce();
        cluster.Start();
        cluster.RunUntil(() => false, TimeSpan.FromSeconds(5));
        cluster.Network.Partition([0, 1, 2, 3], [4]);

        // A follower never proposes: the others must be given its records.
        RecordId[] ids = [.. cluster.Nodes[4].Submit(_stream.Next(5)).Select(outcome => outcome.Receipt!.Id)];
        cluster.RunUntil(() => false, TimeSpan.FromMinutes(2));
        cluster.Network.Heal();
        Assert.Equal(sound, cluster.RunUntil(
            () => ids.All(id => cluster.Nodes[0].Chain.Placement(id) is not null), TimeSpan.FromMinutes(6)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_what_nobody_was_promised_is_let_go(bool sound)
    {
        _cluster.Nodes[0].Rules = sound ? LoopRules.Sound : new Forgetful();
        _cluster.Start();
        _cluster.RunUntil(() => false, TimeSpan.FromSeconds(5));

        // Too far ahead of time to settle, for longer than what was only heard is kept.
        byte[] record = _stream.NextAt(In(TimeSpan.FromHours(3)));
        RecordId id = _cluster.Nodes[0].Submit(record)[0].Receipt!.Id;
        Assert.True(Runs(() => Enumerable.Range(0, 4).All(node => Waits(node, id))), State());
        _cluster.RunUntil(() => false, TimeSpan.FromMinutes(90));
        Assert.Equal(sound, Waits(0, id));
        if (!sound)
        {
            return;
        }

        // While the one that promised it is down, nobody shares it again.
        _cluster.Nodes[0].Crash();
        _cluster.RunUntil(() => false, TimeSpan.FromMinutes(70));
        Assert.Equal((false, false, false), (Waits(1, id), Waits(2, id), Waits(3, id)));
        _cluster.Nodes[0].Start();
        Assert.True(_cluster.RunUntil(() => IsSettled(id), TimeSpan.FromHours(1)), State());
    }

    private static Freeze Sealed(SigningKey key, ChainId chain, StreamId stream, ulong number) =>
        Freeze.Seal(key, chain, stream, number, new byte[MlDsa65.RandomizerBytes]);

    private Freeze FreezeOf(ulong number) => Sealed(Recovery, _cluster.Genesis.Chain, _stream.Stream, number);

    /// <summary>The stream's genesis record is settled at all nodes.</summary>
    private Record Settled(LoopRules rules)
    {
        foreach (VirtualNode node in _cluster.Nodes)
        {
            node.Rules = rules;
        }

        _cluster.Start();
        Record genesis = _stream.NextRecord();
        _cluster.Nodes[0].Submit(genesis.Bytes.ToArray());
        Assert.True(Runs(() => IsSettled(genesis.Id)), State());
        return genesis;
    }

    /// <summary>Two of four are down: nothing settles.</summary>
    private void Halt()
    {
        _cluster.Nodes[2].Crash();
        _cluster.Nodes[3].Crash();
    }

    private UnixTime In(TimeSpan time) =>
        new((ulong)(_cluster.Epoch + _cluster.Network.Now + time).ToUnixTimeMilliseconds());

    private bool Runs(Func<bool> holds) => _cluster.RunUntil(holds, Soon);

    private bool IsSettled(RecordId id) => _cluster.Nodes.All(node => node.Chain.Placement(id) is not null);

    private StreamState StateAt(int node) => _cluster.Nodes[node].Chain.Stream(_stream.Stream)!;

    private bool Holds(VirtualNode node) => node.Store.Contains(Table.Freezes, _stream.Stream.Value.Span);

    private bool Waits(int node, RecordId id) =>
        _cluster.Nodes[node].Store.Scan(Table.Pending, [], null).Any(row => PendingRecord.IdOf(row.Value) == id);

    private string State() => string.Join("; ", _cluster.Nodes.Select(node => $"n{node.Index} at {node.Chain.Height}"));

    private sealed class Overtaken : LoopRules
    {
        public override bool RecoveryGoesFirst => false;
    }

    private sealed class Heedless : LoopRules
    {
        public override bool HeedsFreezes => false;
    }

    private sealed class SharesOnce : LoopRules
    {
        public override bool SharesAgain => false;
    }

    private sealed class Forgetful : LoopRules
    {
        public override bool MayLetGo(PendingRecord pending) => true;
    }
}
