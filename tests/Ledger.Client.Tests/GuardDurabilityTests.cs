using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records.Bodies;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>The guard against disks that are full, break, lose power, and against processes that die.</summary>
public sealed class GuardDurabilityTests : IDisposable
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
    public async Task The_act_finds_its_intent_and_what_it_commits_to_durable() =>
        Assert.Equal((0, 0), await NotDurableAtActAsync(new ScriptedDisk()));

    /// <summary>The switch that shows that the test above sees anything.</summary>
    [Fact]
    public async Task Without_syncs_the_act_would_run_before_anything_is_durable()
    {
        (int chains, int contents) = await NotDurableAtActAsync(new ScriptedDisk { Syncs = false });
        Assert.NotEqual(0, chains);
        Assert.NotEqual(0, contents);
    }

    [Theory]
    [InlineData("write", "a.oar")]
    [InlineData("sync", "a.oar")]
    [InlineData("create", ".part")]
    [InlineData("write", ".part")]
    [InlineData("sync", ".part")]
    [InlineData("rename", "")]
    [InlineData("create-folder", "a.vault")]
    [InlineData("sync-folder", "a.vault")]
    [InlineData("create-folder", "contents")]
    [InlineData("replace", "")]
    [InlineData("write", "keys")]
    [InlineData("sync", "keys")]
    [InlineData("sync-folder", "contents")]
    public async Task An_act_whose_intent_cannot_be_made_durable_does_not_run(string call, string file)
    {
        ScriptedDisk disk = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        Guard guard = Samples.NewGuard(sealer, disk: disk);
        disk.Refuse = (name, path) =>
            name == call && path.EndsWith(file, StringComparison.Ordinal) ? ScriptedDisk.Full : null;
        int ran = 0;
        IntentNotDurableException refused = await Assert.ThrowsAsync<IntentNotDurableException>(
            () => guard.RunAsync(Samples.Intent(), (_, _) => Task.FromResult(++ran), default));
        Assert.Contains("No space left", refused.Message);
        Assert.Equal(0, ran);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.part", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_act_runs_again_once_the_disk_has_room()
    {
        ScriptedDisk disk = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        Guard guard = Samples.NewGuard(sealer, disk: disk);
        disk.Refuse = (name, _) => name is "write" or "create" or "create-folder" ? ScriptedDisk.Full : null;
        await Assert.ThrowsAsync<IntentNotDurableException>(() => guard.RunAsync(Samples.Intent(), Nothing, default));
        disk.Refuse = (_, _) => null;
        await guard.RunAsync(Samples.Intent(), Nothing, default);
        Assert.Equal(3, Samples.Read(Chain).Length);
    }

    [Fact]
    public async Task An_outcome_that_cannot_be_sealed_is_told_with_what_the_act_returned()
    {
        ScriptedDisk disk = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        Guard guard = Samples.NewGuard(sealer);
        OutcomeNotSealedException told = await Assert.ThrowsAsync<OutcomeNotSealedException>(() => guard.RunAsync(
            Samples.Intent(),
            (_, _) => Done(() => disk.Refuse = (name, _) => name == "write" ? ScriptedDisk.Full : null, 42),
            default));
        Assert.Equal((OutcomeStatus.Executed, 42), (told.Status, (int)told.Result!));
        Assert.Equal(Samples.Read(Chain)[1].Id, told.Intent);
        Assert.Equal(2, Samples.Read(Chain).Length);
    }

    [Fact]
    public async Task Acts_that_were_under_way_when_a_process_died_are_closed_as_abandoned_once()
    {
        ScriptedDisk disk = new();
        RecordId open = default;
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk))
        {
            Guard guard = Samples.NewGuard(sealer);
            await guard.RunAsync(Samples.Intent("finished"), Nothing, default);
            await Assert.ThrowsAsync<OutcomeNotSealedException>(() => guard.RunAsync(
                Samples.Intent("cut"),
                (context, _) => Done(() =>
                {
                    open = context.IntentId;
                    disk.Refuse = (name, _) => name == "write" ? ScriptedDisk.Full : null;
                }),
                default));
        }

        await using (StreamSealer again = await Samples.OpenAsync(Chain, _key))
        {
            Assert.Equal([open], again.Unfinished);
            Guard guard = Samples.NewGuard(again);
            Record closed = Assert.Single(await guard.CloseUnfinishedAsync(default));
            Assert.Equal("abandoned", ((CborText)closed.DecodeBody()["status"]).Value);
            Assert.Empty(await guard.CloseUnfinishedAsync(default));
        }

        await using StreamSealer third = await Samples.OpenAsync(Chain, _key);
        Assert.Empty(third.Unfinished);
    }

    private static Task<int> Nothing(ActContext context, CancellationToken stop) => Task.FromResult(0);

    private static Task<int> Done(Action action, int result = 0)
    {
        action();
        return Task.FromResult(result);
    }

    /// <summary>
    /// How many chains and how many contents would be incomplete if the power failed while the act runs.
    /// </summary>
    private async Task<(int Chains, int Contents)> NotDurableAtActAsync(ScriptedDisk disk)
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk);
        Guard guard = Samples.NewGuard(sealer, disk: disk);
        return await guard.RunAsync(
            Samples.Intent(),
            (_, _) =>
            {
                int chains = disk.DurableBytes(Chain) == new FileInfo(Chain).Length ? 0 : 1;
                string[] kept = Directory.GetFiles(guard.Vault.Folder, "*", SearchOption.AllDirectories);
                Assert.Equal(7, kept.Length);
                int contents = kept.Count(path => disk.DurableBytes(path) != new FileInfo(path).Length);
                return Task.FromResult((chains, contents));
            },
            default);
    }
}
