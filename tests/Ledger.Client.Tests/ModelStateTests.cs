using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>No silent swap: an act is held against the last attested state of its model.</summary>
public sealed class ModelStateTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private readonly ScriptedDisk _disk = new();

    private string Chain => _folder.Of("a.oar");

    public static TheoryData<ModelPart> Parts => [.. Enum.GetValues<ModelPart>()];

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_change_of_any_part_refuses_the_next_act(ModelPart part) =>
        Assert.Equal([part], await ChangedAtNextActAsync(part, watched: true));

    /// <summary>The switch: a guard that does not watch the part lets the act run.</summary>
    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_part_that_is_not_watched_changes_unseen(ModelPart part) =>
        Assert.Null(await ChangedAtNextActAsync(part, watched: false));

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Where_changes_are_sealed_first_a_model_record_precedes_the_act(ModelPart part)
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        ModelState model = NewModel();
        await using Guard guard = await StartAsync(sealer, model, OnModelChange.SealFirst);
        await ActAsync(guard, "model-7");
        await ActAsync(guard, "model-7");
        int before = Samples.Read(Chain).Length;
        if (part == ModelPart.Provider)
        {
            await ActAsync(guard, "model-8");
            before += 2;
        }
        else
        {
            Change(model, part);
        }

        await ActAsync(guard, part == ModelPart.Provider ? "model-8" : "model-7");
        Record[] added = Samples.Read(Chain)[before..];
        Assert.Equal([RecordKind.Model, RecordKind.Intent, RecordKind.Outcome], added.Select(record => record.Kind));
        CborMap change = added[0].DecodeBody();
        string[] changed =
        [
            .. ((CborMap)change["after"])
                .Where(member => !member.Value.Equals(((CborMap)change["before"])[member.Key]))
                .Select(member => member.Key),
        ];
        Assert.Equal([part.Word()], changed);
        Assert.Equal(added[0].Id, StateOf(added[1]));
    }

    [Fact]
    public async Task Where_changes_are_flagged_the_act_runs_and_its_intent_names_them()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        ModelState model = NewModel();
        await using Guard guard = await StartAsync(sealer, model, OnModelChange.Flag);
        await ActAsync(guard, null);
        Assert.False(LastIntent().TryGet("differs", out _));
        Change(model, ModelPart.Prompt);
        Change(model, ModelPart.Weights);
        await ActAsync(guard, null);
        CborArray differs = (CborArray)LastIntent()["differs"];
        Assert.Equal(["weights", "prompt"], differs.Select(word => ((CborText)word).Value));
    }

    [Fact]
    public async Task A_refused_act_runs_again_once_the_new_state_is_attested_or_the_old_one_is_back()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        ModelState model = NewModel();
        await using Guard guard = await StartAsync(sealer, model);
        Change(model, ModelPart.Filter);
        await Assert.ThrowsAsync<ModelStateException>(() => ActAsync(guard, null));
        await guard.AttestModelAsync("a stricter filter", default);
        await ActAsync(guard, null);
        model.Version = "2";
        await Assert.ThrowsAsync<ModelStateException>(() => ActAsync(guard, null));
        model.Version = "1";
        await ActAsync(guard, null);
        Assert.Equal(2, Samples.Read(Chain).Count(record => record.Kind == RecordKind.Model));
    }

    [Fact]
    public async Task The_intent_names_the_state_and_its_parts()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, NewModel());
        Commitment passage = await guard.Vault.CommitAsync("a passage"u8.ToArray());
        await guard.RunAsync(
            Watched() with { Context = [new ContextSource(passage, "claims", "2026-06")] }, Nothing, default);
        CborMap intent = LastIntent();
        CborMap parts = (CborMap)Samples.Read(Chain)[1].DecodeBody()["after"];
        Assert.Equal(Samples.Read(Chain)[1].Id, StateOf(Samples.Read(Chain)[2]));
        Assert.Equal(parts["weights"], ((CborMap)intent["model"])["weights"]);
        Assert.Equal(parts["adapter"], ((CborArray)((CborMap)intent["model"])["adapters"])[0]);
        foreach (string part in new[] { "prompt", "sampling", "filter" })
        {
            Assert.Equal(parts[part], ((CborMap)intent["config"])[part]);
        }

        Assert.Equal(parts["corpus"], ((CborMap)((CborArray)intent["context"])[0])["part"]);
        Assert.Equal(8, parts.Count);
    }

    [Fact]
    public async Task The_providers_first_word_is_pinned_and_a_changed_one_is_kept_and_refuses_the_next_act()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, NewModel());
        await ActAsync(guard, "model-7");
        await ActAsync(guard, "model-7");
        CborMap pinned = Samples.Read(Chain).Last(record => record.Kind == RecordKind.Model).DecodeBody();
        Assert.Equal("model-7", ((CborText)((CborMap)pinned["named"])["provider"]).Value);
        await ActAsync(guard, "model-8");
        Assert.Equal("model-8", ((CborText)Samples.Read(Chain)[^1].DecodeBody()["reported"]).Value);
        ModelStateException refused =
            await Assert.ThrowsAsync<ModelStateException>(() => ActAsync(guard, "model-8"));
        Assert.Equal([ModelPart.Provider], refused.Changed);
    }

    [Fact]
    public async Task A_restart_remembers_what_was_attested_and_what_the_provider_said_last()
    {
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key))
        await using (Guard guard = await StartAsync(sealer, NewModel()))
        {
            await ActAsync(guard, "model-7");
            await ActAsync(guard, "model-7");
        }

        await using (StreamSealer again = await Samples.OpenAsync(Chain, _key))
        await using (Guard guard = await StartAsync(again, NewModel()))
        {
            await ActAsync(guard, "model-8");
        }

        await using (StreamSealer third = await Samples.OpenAsync(Chain, _key))
        await using (Guard guard = await StartAsync(third, NewModel()))
        {
            await Assert.ThrowsAsync<ModelStateException>(() => ActAsync(guard, "model-7"));
            await guard.AttestModelAsync("the provider's new build", default);
            await ActAsync(guard, "model-8");
        }

        ModelState other = NewModel();
        other.Version = "2";
        await using StreamSealer last = await Samples.OpenAsync(Chain, _key);
        await using Guard changed = await StartAsync(last, other);
        ModelStateException refused =
            await Assert.ThrowsAsync<ModelStateException>(() => ActAsync(changed, "model-8"));
        Assert.Equal([ModelPart.Model], refused.Changed);
    }

    [Fact]
    public async Task Unchanged_files_are_read_once_and_a_change_behind_the_clock_is_seen()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, NewModel());
        int reads = -1;
        await Eventually.TrueAsync(
            async () =>
            {
                (int before, reads) = (reads, Reads());
                await ActAsync(guard, null);
                return before == Reads();
            },
            "the files are old enough to be known by their stamps");

        // The same size, and the time of the content set back: what is left is the time of the inode.
        string weights = _folder.Of("weights.bin");
        DateTime time = File.GetLastWriteTimeUtc(weights);
        await File.WriteAllTextAsync(weights, "other bytes");
        File.SetLastWriteTimeUtc(weights, time);
        ModelStateException refused = await Assert.ThrowsAsync<ModelStateException>(() => ActAsync(guard, null));
        Assert.Equal([ModelPart.Weights], refused.Changed);
    }

    [Fact]
    public async Task A_part_that_cannot_be_read_lets_no_act_run()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await using Guard guard = await StartAsync(sealer, NewModel());
        File.Delete(_folder.Of("weights.bin"));
        ModelStateException refused = await Assert.ThrowsAsync<ModelStateException>(() => ActAsync(guard, null));
        Assert.Contains("weights", refused.Message);
        Assert.Empty(refused.Changed);
    }

    [Fact]
    public async Task Many_acts_that_find_the_same_change_seal_it_once()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        ModelState model = NewModel();
        await using Guard guard = await StartAsync(sealer, model, OnModelChange.SealFirst);
        Change(model, ModelPart.Prompt);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => ActAsync(guard, null))));
        Record[] records = Samples.Read(Chain);
        Record[] models = [.. records.Where(record => record.Kind == RecordKind.Model)];
        Assert.Equal(2, models.Length);
        Assert.All(
            records.Where(record => record.Kind == RecordKind.Intent),
            intent => Assert.Equal(models[1].Id, StateOf(intent)));
    }

    /// <summary>
    /// What the refusal of the next act names; null if the act ran. Unwatched, the change befalls another state.
    /// </summary>
    private async Task<IReadOnlyList<ModelPart>?> ChangedAtNextActAsync(ModelPart part, bool watched)
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        ModelState model = NewModel();
        ModelState changed = model;
        if (!watched && part == ModelPart.Model)
        {
            changed = NewModel();
        }
        else if (!watched)
        {
            model.Set(part, null);
        }

        await using Guard guard = await StartAsync(sealer, model);
        string? word = watched ? "model-7" : null;
        await ActAsync(guard, word);
        await ActAsync(guard, word);
        if (watched || part == ModelPart.Model)
        {
            Change(changed, part);
        }
        else
        {
            ChangeFileOf(part);
        }

        try
        {
            await ActAsync(guard, word);
            return null;
        }
        catch (ModelStateException refused)
        {
            Assert.Equal(RecordKind.Outcome, Samples.Read(Chain)[^1].Kind);
            return refused.Changed;
        }
    }

    private ModelState NewModel()
    {
        ModelState model = new("sample-model", "1", _disk);
        foreach (ModelPart part in Enum.GetValues<ModelPart>().Where(part => part != ModelPart.Model))
        {
            if (!File.Exists(FileOf(part)))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(FileOf(part))!);
                File.WriteAllText(FileOf(part), "first bytes");
            }

            model.Set(part, part switch
            {
                ModelPart.Weights => PartSource.Hashed(FileOf(part)),
                ModelPart.Adapter => PartSource.Hashed(_folder.Of("adapters")),
                ModelPart.Prompt or ModelPart.Filter => PartSource.File(FileOf(part)),
                ModelPart.Corpus => PartSource.Text("claims 2026-06"),
                ModelPart.Sampling => PartSource.Text("""{"temperature":0}"""),
                _ => PartSource.Text("https://provider.example/v1"),
            });
        }

        return model;
    }

    private string FileOf(ModelPart part) => part switch
    {
        ModelPart.Weights => _folder.Of("weights.bin"),
        ModelPart.Adapter => _folder.Of("adapters/claims/lora.bin"),
        _ => _folder.Of(part.Word() + ".txt"),
    };

    private void Change(ModelState model, ModelPart part)
    {
        switch (part)
        {
            case ModelPart.Model:
                model.Version = "2";
                break;
            case ModelPart.Corpus:
                model.Set(part, PartSource.Text("claims 2026-07"));
                break;
            case ModelPart.Sampling:
                model.Set(part, PartSource.Text("""{"temperature":1}"""));
                break;
            case ModelPart.Provider:
                model.Reported = "model-8";
                break;
            default:
                ChangeFileOf(part);
                break;
        }
    }

    /// <summary>As many bytes as before.</summary>
    private void ChangeFileOf(ModelPart part) => File.WriteAllText(FileOf(part), "other bytes");

    private static Task<Guard> StartAsync(
        StreamSealer sealer, ModelState model, OnModelChange policy = OnModelChange.Refuse) =>
        Guard.StartAsync(sealer, new GuardOptions { OnModelChange = policy }, null, model, default);

    private static IntentDescription Watched() => Samples.Intent() with { Model = null };

    private static Task<int> Nothing(ActContext context, CancellationToken stop) => Task.FromResult(0);

    private static Task<int> ActAsync(Guard guard, string? reported) => guard.RunAsync(
        Watched(),
        (context, _) =>
        {
            context.Reported = reported;
            return Task.FromResult(0);
        },
        default);

    private int Reads() => _disk.Calls.Count(call => call.StartsWith("read ", StringComparison.Ordinal));

    private CborMap LastIntent() =>
        Samples.Read(Chain).Last(record => record.Kind == RecordKind.Intent).DecodeBody();

    private static RecordId StateOf(Record intent) =>
        new(((CborBytes)((CborMap)intent.DecodeBody()["model"])["state"]).Span);
}
