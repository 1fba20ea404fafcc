using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>The intent before the act, and an outcome however the act ends.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");

    private string Chain => _folder.Of("a.oar");

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task An_act_runs_behind_its_intent_and_its_outcome_follows()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        Guard guard = NewGuard(sealer);
        string answer = await guard.RunAsync(
            Samples.Intent(),
            (context, _) =>
            {
                Assert.Equal(context.IntentId, sealer.State.Head);
                context.AddOutput(Content.Text("the answer"));
                context.Reported = "provider-model-7";
                return Task.FromResult("the answer");
            },
            default);

        Assert.Equal("the answer", answer);
        Record[] records = Read();
        Assert.Equal(
            [RecordKind.Genesis, RecordKind.Intent, RecordKind.Outcome], records.Select(record => record.Kind));
        CborMap outcome = records[2].DecodeBody();
        Assert.Equal(new CborBytes(records[1].Id.Span), outcome["intent"]);
        Assert.Equal("executed", Text(outcome["status"]));
        Assert.Equal("provider-model-7", Text(outcome["reported"]));
        Assert.Equal(records[1].Id, records[2].Cause(0));
    }

    [Fact]
    public async Task An_intent_that_breaks_the_form_does_not_let_the_act_run()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        Guard guard = NewGuard(sealer);
        IntentDescription tooLong = Samples.Intent(new string('a', 70_000));
        await Assert.ThrowsAsync<IntentNotDurableException>(() => guard.RunAsync(tooLong, Fail, default));
        IntentDescription without = Samples.Intent() with { Inputs = [] };
        await Assert.ThrowsAsync<ArgumentException>(() => guard.RunAsync(without, Fail, default));
        Assert.Single(Read());
    }

    [Fact]
    public async Task An_act_that_throws_ends_as_failed_and_its_exception_comes_out()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        InvalidDataException thrown = new("the model is gone");
        InvalidDataException seen = await Assert.ThrowsAsync<InvalidDataException>(() => NewGuard(sealer).RunAsync<int>(
            Samples.Intent(),
            (context, _) =>
            {
                context.AddOutput(Content.Text("half an answer"));
                throw thrown;
            },
            default));
        Assert.Same(thrown, seen);
        Assert.Equal("failed", LastStatus());
        Assert.Single((CborArray)Read()[^1].DecodeBody()["output"]);
    }

    [Fact]
    public async Task An_act_that_gives_itself_up_ends_as_failed()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await Assert.ThrowsAsync<OperationCanceledException>(() => NewGuard(sealer).RunAsync<int>(
            Samples.Intent(), (_, _) => Task.FromCanceled<int>(new CancellationToken(true)), default));
        Assert.Equal("failed", LastStatus());
    }

    [Fact]
    public async Task An_act_beyond_its_deadline_is_stopped_and_ends_as_timed_out()
    {
        SetClock clock = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        Guard guard = NewGuard(sealer, new GuardOptions { Timeout = TimeSpan.FromSeconds(30) }, clock: clock);
        bool stopped = false;
        await Assert.ThrowsAsync<TimeoutException>(() => guard.RunAsync<int>(
            Samples.Intent(),
            async (_, stop) =>
            {
                stop.Register(() => stopped = true);
                clock.Advance(TimeSpan.FromSeconds(31));
                await Task.Delay(Timeout.Infinite, stop);
                return 0;
            },
            default));
        Assert.True(stopped);
        Assert.Equal("timed-out", LastStatus());
        long deadline = ((CborInteger)Read()[1].DecodeBody()["deadline"]).Value;
        Assert.Equal(clock.Now.AddSeconds(-1).ToUnixTimeMilliseconds(), deadline);
    }

    [Fact]
    public async Task An_act_that_does_not_stop_is_left_behind_and_can_add_nothing_more()
    {
        SetClock clock = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        Guard guard = NewGuard(sealer, new GuardOptions { Grace = TimeSpan.Zero }, clock: clock);
        TaskCompletionSource release = new();
        ActContext? kept = null;
        await Assert.ThrowsAsync<TimeoutException>(() => guard.RunAsync(
            Samples.Intent() with { Deadline = clock.Now.AddSeconds(1) },
            async (context, _) =>
            {
                kept = context;
                clock.Advance(TimeSpan.FromSeconds(2));
                await release.Task;
                return 0;
            },
            default));
        Assert.Equal("timed-out", LastStatus());
        Assert.Throws<InvalidOperationException>(() => kept!.AddOutput(Content.Text("too late")));
        release.SetException(new InvalidDataException("nobody listens"));
    }

    [Fact]
    public async Task An_act_that_finishes_within_the_grace_is_executed_at_its_late_time()
    {
        SetClock clock = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        Guard guard = NewGuard(sealer, new GuardOptions { Grace = TimeSpan.FromHours(1) }, clock: clock);
        int answer = await guard.RunAsync(
            Samples.Intent() with { Deadline = clock.Now.AddSeconds(1) },
            async (_, _) =>
            {
                clock.Advance(TimeSpan.FromSeconds(2));
                await Task.Delay(30);
                return 7;
            },
            default);
        Assert.Equal((7, "executed"), (answer, LastStatus()));
        CborMap intent = Read()[1].DecodeBody();
        Assert.True((long)Read()[2].Time.Milliseconds > ((CborInteger)intent["deadline"]).Value);
    }

    [Fact]
    public async Task A_deadline_that_has_passed_lets_nothing_run()
    {
        SetClock clock = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        IntentDescription late = Samples.Intent() with { Deadline = clock.Now.AddSeconds(-1) };
        await Assert.ThrowsAsync<TimeoutException>(() => NewGuard(sealer, clock: clock).RunAsync(late, Fail, default));
        Assert.Equal("timed-out", LastStatus());
    }

    [Fact]
    public async Task An_act_whose_caller_gives_up_ends_as_abandoned()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        using CancellationTokenSource caller = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => NewGuard(sealer).RunAsync<int>(
            Samples.Intent(),
            async (_, stop) =>
            {
                await caller.CancelAsync();
                await Task.Delay(Timeout.Infinite, stop);
                return 0;
            },
            caller.Token));
        Assert.Equal("abandoned", LastStatus());
    }

    [Fact]
    public async Task A_caller_who_gave_up_before_leaves_no_intent()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => NewGuard(sealer).RunAsync(Samples.Intent(), Fail, new CancellationToken(true)));
        Assert.Single(Read());
    }

    [Fact]
    public async Task A_refusal_and_a_block_are_outcomes_too_and_a_person_stands_behind_a_pseudonym()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        Guard guard = NewGuard(sealer);
        await guard.RunAsync(Samples.Intent(), (context, _) => Done(context.Refuse), default);
        Assert.Equal("refused", LastStatus());
        await guard.RunAsync(
            Samples.Intent(),
            (context, _) => Done(() =>
            {
                context.Block();
                context.Oversee("Anna Beispiel", "stopped");
            }),
            default);
        CborMap body = Read()[^1].DecodeBody();
        Assert.Equal("blocked", Text(body["status"]));
        CborMap oversight = (CborMap)body["oversight"];
        Assert.Equal("stopped", Text(oversight["decision"]));
        Assert.Equal("Anna Beispiel", guard.Vault.Reveal(Text(oversight["person"])));
    }

    [Fact]
    public async Task What_could_not_stand_in_an_outcome_is_refused_while_the_act_still_runs()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await NewGuard(sealer).RunAsync(
            Samples.Intent(),
            (context, _) => Done(() =>
            {
                Assert.ThrowsAny<ArgumentException>(() => context.Reported = "\ud800");
                Assert.Throws<ArgumentOutOfRangeException>(() => context.Reported = new string('a', 257));
                string type = new('t', ActContext.TextMax);
                for (int i = 0; i < ActContext.OutputsMax; i++)
                {
                    context.AddOutput(new byte[] { 1 }, type);
                }

                Assert.Throws<InvalidOperationException>(() => context.AddOutput(new byte[] { 1 }));
                context.Reported = new string('a', ActContext.TextMax);
            }),
            default);
        Assert.Equal("executed", LastStatus());
    }

    [Fact]
    public async Task Many_acts_at_once_each_have_their_intent_before_and_their_outcome_behind()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        Guard guard = NewGuard(sealer);
        RecordId[] intents = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => guard.RunAsync(
            Samples.Intent($"act {i}"),
            async (context, _) =>
            {
                await Task.Yield();
                return context.IntentId;
            },
            default)));
        Record[] records = Read();
        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(await File.ReadAllBytesAsync(Chain)).Verdict);
        foreach (RecordId intent in intents)
        {
            int at = Array.FindIndex(records, record => record.Id == intent);
            int behind = Array.FindIndex(records, record => record.CauseCount == 1 && record.Cause(0) == intent);
            Assert.InRange(behind, at + 1, records.Length);
        }
    }

    [Fact]
    public async Task Nothing_that_was_said_in_clear_stands_in_the_chain()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await NewGuard(sealer).RunAsync(
            Samples.Intent(), (context, _) => Done(() => context.AddOutput(Content.Text("the answer"))), default);
        string chain = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Chain));
        Assert.Contains("sample-model", chain);
        foreach (string secret in new[] { "triage-agent", "policy 12", "case 4711", "the question", "the answer" })
        {
            Assert.DoesNotContain(secret, chain);
        }
    }

    [Fact]
    public async Task Pseudonyms_of_the_callers_own_stand_as_they_are_and_are_watched()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        Guard guard = NewGuard(sealer, new GuardOptions { Pseudonymise = false });
        await guard.RunAsync(Samples.Intent() with { Target = "Anna Beispiel" }, Nothing, default);
        CborMap body = Read()[1].DecodeBody();
        Assert.Equal("triage-agent", Text(((CborMap)body["actor"])["id"]));
        Assert.Contains("body.target looks like a person's name", Assert.Single(sealer.Warnings));
    }

    private static Task<int> Nothing(ActContext context, CancellationToken stop) => Task.FromResult(0);

    private static Task<int> Fail(ActContext context, CancellationToken stop) =>
        throw new InvalidOperationException("The act ran.");

    private static Task<int> Done(Action action, int result = 0)
    {
        action();
        return Task.FromResult(result);
    }

    private static Guard NewGuard(StreamSealer sealer, GuardOptions? options = null, TimeProvider? clock = null) =>
        Samples.NewGuard(sealer, options, clock: clock);

    private Record[] Read() => Samples.Read(Chain);

    private string LastStatus() => Text(Read()[^1].DecodeBody()["status"]);

    private static string Text(CborValue value) => ((CborText)value).Value;
}
