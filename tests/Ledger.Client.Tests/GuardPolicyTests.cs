using Ledger.Client.Tests.TestKit;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Client.Tests;

/// <summary>When an act goes ahead, and what a node's absence, or its word, does to that.</summary>
public sealed class GuardPolicyTests : IDisposable
{
    private static readonly TimeSpan Impatience = TimeSpan.FromMilliseconds(100);

    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private readonly StubNode _node = new() { SettlesAtOnce = false };

    private string Chain => _folder.Of("a.oar");

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
        _node.Dispose();
    }

    /// <summary>With the third row as the switch: a guard that asks for less lets the act run before.</summary>
    [Theory]
    [InlineData(RecordState.Settled, RecordState.Settled, 0)]
    [InlineData(RecordState.Anchored, RecordState.Anchored, 0)]
    [InlineData(RecordState.Sealed, RecordState.Settled, 1)]
    [InlineData(RecordState.Settled, RecordState.Anchored, 1)]
    public async Task An_act_runs_once_its_intent_is_as_far_as_the_policy_asks(
        RecordState policy, RecordState state, int ranBefore)
    {
        using NodeClient client = _node.Client();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, client, policy);
        int ran = 0;
        Task<int> act = guard.RunAsync(Samples.Intent(), (_, _) => Task.FromResult(++ran), default);
        await Eventually.TrueAsync(() => _node.Records.Count >= 2, "the node takes the intent");
        _node.Settled = state == RecordState.Anchored ? 2 : 0;
        if (ranBefore > 0)
        {
            await act;
        }

        int asked = _node.Requests.Count;
        await Eventually.TrueAsync(() => _node.Requests.Count > asked + 3 || act.IsCompleted, "the guard asks on");
        Assert.Equal(ranBefore, ran);
        (_node.Settled, _node.Anchored) = (2, state == RecordState.Anchored ? 2 : 0);
        Assert.Equal(1, await act);
        Assert.Equal("executed", LastStatus());
    }

    [Fact]
    public async Task One_intent_may_ask_for_more_than_the_guard()
    {
        using NodeClient client = _node.Client();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, client, RecordState.Sealed);
        await guard.RunAsync(Samples.Intent(), Nothing, default);
        await Assert.ThrowsAsync<GoAheadTimeoutException>(() => guard.RunAsync(
            Samples.Intent() with
            {
                GoAhead = RecordState.Settled,
                Deadline = DateTimeOffset.UtcNow + Impatience,
            },
            Fail,
            default));
    }

    [Fact]
    public async Task A_policy_that_needs_a_node_is_refused_without_one()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        GuardOptions options = new() { GoAhead = RecordState.Settled };
        await Assert.ThrowsAsync<ArgumentException>(() => Guard.StartAsync(sealer, options, default));
        await using Guard guard = await Guard.StartAsync(sealer, new GuardOptions(), default);
        IntentDescription asks = Samples.Intent() with { GoAhead = RecordState.Anchored };
        await Assert.ThrowsAsync<ArgumentException>(() => guard.RunAsync(asks, Fail, default));
        Assert.Single(Samples.Read(Chain));
    }

    [Fact]
    public async Task While_the_node_is_down_acts_go_on_and_what_they_sealed_arrives_later()
    {
        bool down = true;
        _node.Before = (_, _) => down ? throw new HttpRequestException("Connection refused") : null;
        _node.SettlesAtOnce = true;
        using NodeClient client = _node.Client(Impatience);
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, client, RecordState.Sealed);
        for (int i = 0; i < 5; i++)
        {
            await guard.RunAsync(Samples.Intent(), Nothing, default);
        }

        Assert.Empty(_node.Records);
        Assert.Contains("does not answer", guard.Status.Problem);
        down = false;
        await Eventually.TrueAsync(() => guard.Status is { Settled: 11, Problem: null }, "all have arrived");
        Assert.Equal(Samples.Read(Chain).Select(record => record.Id), _node.Records.Select(record => record.Id));
    }

    [Fact]
    public async Task While_the_node_is_down_an_act_that_needs_it_ends_at_its_deadline_with_the_reason()
    {
        _node.Before = static (_, _) => throw new HttpRequestException("Connection refused");
        using NodeClient client = _node.Client(Impatience);
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(
            sealer, client, RecordState.Settled, new GuardOptions { GoAheadPatience = Impatience });
        GoAheadTimeoutException told = await Assert.ThrowsAsync<GoAheadTimeoutException>(
            () => guard.RunAsync(Samples.Intent(), Fail, default));
        Assert.Contains("was not settled", told.Message);
        Assert.Contains("does not answer", told.Message);
        Assert.Equal("timed-out", LastStatus());
        Assert.Equal(0, guard.Status.Acts);
    }

    [Fact]
    public async Task A_caller_who_gives_up_while_an_intent_waits_leaves_it_abandoned()
    {
        using NodeClient client = _node.Client();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, client, RecordState.Settled);
        using CancellationTokenSource caller = new();
        Task<int> act = guard.RunAsync(Samples.Intent(), Fail, caller.Token);
        await Eventually.TrueAsync(() => _node.Records.Count == 2, "the node takes the intent");
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => act);
        Assert.Equal("abandoned", LastStatus());
    }

    [Fact]
    public async Task A_restored_backup_is_refused_and_not_continued()
    {
        string copy = _folder.Of("copy.oar");
        _node.SettlesAtOnce = true;
        using NodeClient client = _node.Client();
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key))
        {
            File.Copy(Chain, copy);
            await sealer.NoteAsync();
            await client.SubmitChainAsync(Chain, SubmitWait.Settled, null, default);
        }

        await using (StreamSealer newest = await Samples.OpenAsync(Chain, _key))
        await using (Guard guard = await StartAsync(newest, client, RecordState.Sealed))
        {
            await guard.RunAsync(Samples.Intent(), Nothing, default);
        }

        await using StreamSealer older = await Samples.OpenAsync(copy, _key);
        ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(
            () => StartAsync(older, client, RecordState.Sealed));
        Assert.Equal(ChainFileError.Diverged, refused.Error);
        Assert.Contains("older copy", refused.Message);
        Assert.Same(refused, await Assert.ThrowsAsync<ChainFileException>(() => older.NoteAsync()));
        Assert.Single(Samples.Read(copy));
    }

    [Fact]
    public async Task A_restored_backup_is_refused_also_when_the_node_answers_only_later()
    {
        string copy = _folder.Of("copy.oar");
        _node.SettlesAtOnce = true;
        using NodeClient client = _node.Client(Impatience);
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key))
        {
            File.Copy(Chain, copy);
            await sealer.NoteAsync();
            await client.SubmitChainAsync(Chain, SubmitWait.Settled, null, default);
        }

        bool down = true;
        _node.Before = (_, _) => down ? throw new HttpRequestException("Connection refused") : null;
        await using StreamSealer older = await Samples.OpenAsync(copy, _key);
        await using Guard guard = await StartAsync(older, client, RecordState.Sealed);
        down = false;
        IntentNotDurableException? refused = null;
        await Eventually.TrueAsync(
            async () =>
            {
                refused = await Xunit.Record.ExceptionAsync(() => guard.RunAsync(Samples.Intent(), Nothing, default))
                    as IntentNotDurableException;
                return refused is not null;
            },
            "the guard learns of the longer head");
        Assert.Equal(ChainFileError.Diverged, ((ChainFileException)refused!.InnerException!).Error);
    }

    [Fact]
    public async Task A_fork_that_a_receipt_tells_of_ends_acts_that_wait_and_all_later_ones()
    {
        using NodeClient client = _node.Client();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, client, RecordState.Settled);
        await Eventually.TrueAsync(() => _node.Records.Count == 1, "the node takes the genesis record");
        _node.Problem = seq => seq == 1 ? StubNode.Of("record-fork", 409) : null;
        for (int i = 0; i < 2; i++)
        {
            IntentNotDurableException refused = await Assert.ThrowsAsync<IntentNotDurableException>(
                () => guard.RunAsync(Samples.Intent(), Fail, default));
            Assert.Equal(ChainFileError.Diverged, ((ChainFileException)refused.InnerException!).Error);
        }

        Assert.Equal(2, Samples.Read(Chain).Length);
    }

    [Fact]
    public async Task Nothing_is_sealed_more_than_ten_minutes_ahead_of_the_last_block_seen()
    {
        SetClock clock = new();
        _node.BlockTime = (ulong)clock.Now.ToUnixTimeMilliseconds();
        using NodeClient client = _node.Client();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        await using Guard guard = await StartAsync(sealer, client, RecordState.Sealed, clock: clock);
        clock.Set(TimeSpan.FromMinutes(10));
        await guard.RunAsync(Samples.Intent(), Nothing, default);
        clock.Set(TimeSpan.FromSeconds(1));
        IntentNotDurableException refused = await Assert.ThrowsAsync<IntentNotDurableException>(
            () => guard.RunAsync(Samples.Intent(), Fail, default));
        Assert.Contains("ahead of the last block seen", refused.Message);
        Assert.Equal(Layer.Link, ((SealRefusedException)refused.InnerException!).Fault.Layer);

        // Set right, the clock lies behind the stream's own time, which then stands still.
        clock.Set(TimeSpan.FromSeconds(-2));
        await guard.RunAsync(Samples.Intent(), Nothing, default);
    }

    [Fact]
    public async Task The_last_block_is_carried_forward_so_that_an_absent_node_stops_nothing()
    {
        SetClock clock = new();
        _node.BlockTime = (ulong)clock.Now.ToUnixTimeMilliseconds();
        using NodeClient client = _node.Client(Impatience);
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        await using Guard guard = await StartAsync(sealer, client, RecordState.Sealed, clock: clock);
        _node.Before = static (_, _) => throw new HttpRequestException("Connection refused");
        clock.Advance(TimeSpan.FromHours(5));
        await guard.RunAsync(Samples.Intent(), Nothing, default);
        clock.Set(TimeSpan.FromMinutes(11));
        await Assert.ThrowsAsync<IntentNotDurableException>(() => guard.RunAsync(Samples.Intent(), Fail, default));
    }

    /// <summary>The switch: a guard that sees no block holds no clock against it.</summary>
    [Fact]
    public async Task Without_a_node_no_block_is_seen_and_the_machines_clock_counts()
    {
        SetClock clock = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        Guard guard = Samples.NewGuard(sealer, clock: clock);
        clock.Set(TimeSpan.FromMinutes(11));
        await guard.RunAsync(Samples.Intent(), Nothing, default);
    }

    [Fact]
    public async Task One_act_more_than_the_guard_allows_is_refused_before_anything_is_sealed()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await Guard.StartAsync(sealer, new GuardOptions { ActsMax = 2 }, default);
        GuardedAct first = await guard.BeginAsync(Samples.Intent(), default);
        await guard.BeginAsync(Samples.Intent(), default);
        await Assert.ThrowsAsync<GuardBusyException>(() => guard.BeginAsync(Samples.Intent(), default));
        Assert.Equal(3, Samples.Read(Chain).Length);
        await first.EndAsync(Records.Bodies.OutcomeStatus.Executed);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => first.EndAsync(Records.Bodies.OutcomeStatus.Executed));
        await guard.BeginAsync(Samples.Intent(), default);
    }

    [Fact]
    public async Task A_guard_that_starts_closes_what_an_earlier_process_left_open()
    {
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key))
        {
            Guard guard = await Guard.StartAsync(sealer, new GuardOptions(), default);
            await guard.BeginAsync(Samples.Intent(), default);
        }

        await using StreamSealer again = await Samples.OpenAsync(Chain, _key);
        await using Guard next = await Guard.StartAsync(again, new GuardOptions(), default);
        Assert.Equal("abandoned", LastStatus());
        Assert.Equal(3, Samples.Read(Chain).Length);
    }

    private static Task<int> Nothing(ActContext context, CancellationToken stop) => Task.FromResult(0);

    private static Task<int> Fail(ActContext context, CancellationToken stop) =>
        throw new InvalidOperationException("The act ran.");

    private static Task<Guard> StartAsync(
        StreamSealer sealer,
        NodeClient client,
        RecordState goAhead,
        GuardOptions? options = null,
        TimeProvider? clock = null) => Guard.StartAsync(
            sealer,
            (options ?? new GuardOptions()) with { GoAhead = goAhead },
            client,
            null,
            Vault.Beside(sealer),
            clock ?? TimeProvider.System,
            default);

    private string LastStatus() => ((CborText)Samples.Read(Chain)[^1].DecodeBody()["status"]).Value;
}
