using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records.Bodies;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>Many acts at once: one sync of the chain serves all that came while the last one ran.</summary>
public sealed class GroupCommitTests : IDisposable
{
    private const int Acts = 64;

    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private readonly ManualResetEventSlim _disk = new(initialState: true);

    private string Chain => _folder.Of("a.oar");

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public async Task One_sync_serves_all_intents_that_wait_for_the_disk()
    {
        ScriptedDisk disk = new() { Refuse = WaitForDisk };
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        Guard guard = Samples.NewGuard(sealer);
        _disk.Reset();
        int before = Syncs(disk);
        Task<GuardedAct>[] begun =
            [.. Enumerable.Range(0, Acts).Select(i => Task.Run(() => guard.BeginAsync(Samples.Intent($"{i}"), default)))];
        await Eventually.TrueAsync(() => sealer.State.Seq.Value == Acts, "all intents are written");
        Assert.DoesNotContain(begun, act => act.IsCompleted);
        _disk.Set();
        GuardedAct[] acts = await Task.WhenAll(begun);

        // The first sync began when few were written, the second covers the rest.
        Assert.InRange(Syncs(disk) - before, 1, 2);
        await Task.WhenAll(acts.Select(act => act.EndAsync(OutcomeStatus.Executed)));
        AssertInOrder(acts.Select(act => act.Context.IntentId));
    }

    /// <summary>The switch that shows that the count above sees anything: who waits for each pays for each.</summary>
    [Fact]
    public async Task Acts_one_after_the_other_cost_a_sync_each()
    {
        ScriptedDisk disk = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        Guard guard = Samples.NewGuard(sealer);
        int before = Syncs(disk);
        for (int i = 0; i < Acts; i++)
        {
            await guard.BeginAsync(Samples.Intent(), default);
        }

        Assert.Equal(Acts, Syncs(disk) - before);
    }

    private Exception? WaitForDisk(string call, string path)
    {
        if (call == "sync" && path == Chain)
        {
            _disk.Wait(TimeSpan.FromSeconds(60));
        }

        return null;
    }

    private static int Syncs(ScriptedDisk disk) => disk.Calls.Count(call => call == "sync a.oar");

    private void AssertInOrder(IEnumerable<RecordId> intents)
    {
        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(File.ReadAllBytes(Chain)).Verdict);
        Record[] records = Samples.Read(Chain);
        Assert.Equal(Enumerable.Range(0, 1 + (2 * Acts)), records.Select(record => (int)record.Seq.Value));
        foreach (RecordId intent in intents)
        {
            int at = Array.FindIndex(records, record => record.Id == intent);
            int behind = Array.FindIndex(records, record => record.CauseCount == 1 && record.Cause(0) == intent);
            Assert.InRange(behind, at + 1, records.Length);
        }
    }
}
