using System.Text;
using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

public sealed class ErasureTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private readonly SetClock _clock = new();

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task What_was_erased_opens_no_more_the_chain_says_so_and_is_verified()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question");
        Digest input = HashAt(intent, "input[0]");
        Assert.True(stream.Vault.TryOpen(input, out _, out _));
        _clock.Advance(TimeSpan.FromDays(190));
        Record erasure = await EraseAsync(stream, intent, "input[0]");

        Assert.False(stream.Vault.TryOpen(input, out _, out _));
        Assert.False(File.Exists(Path.Combine(stream.Vault.Folder, "contents", input.ToString())));
        Assert.False(File.Exists(Path.Combine(stream.Vault.Folder, "erasing")));
        Assert.Equal(RecordKind.Erasure, erasure.Kind);
        Assert.Equal([(intent.Id, "input[0]")], Erasure.NamedBy(erasure));
        Assert.StartsWith("p-", ((CborText)erasure.DecodeBody()["authority"]).Value);
        ChainVerdict verdict = ChainVerifier.Verify(await File.ReadAllBytesAsync(stream.Sealer.ChainFile));
        Assert.Equal(Verdict.Verified, verdict.Verdict);
        Reconstruction found = await stream.ReconstructAsync(intent);
        Assert.Equal(MemberFinding.Erased, found.Members.Single(member => member.Member == "input[0]").Finding);
        Assert.Equal(MemberFinding.Matches, found.Members.Single(member => member.Member == "output[0]").Finding);

        ErasureRefusedException twice =
            await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(stream, intent, "input[0]"));
        Assert.Contains($"record {erasure.Seq} says so", twice.Message);
    }

    [Fact]
    public async Task Without_members_all_contents_of_the_record_go_and_the_parts_of_the_model_stay()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question");
        _clock.Advance(TimeSpan.FromDays(190));
        Record erasure = await EraseAsync(stream, intent);
        Assert.Equal(
            [(intent.Id, "input[0]"), (intent.Id, "context[0].commit")],
            Erasure.NamedBy(erasure).OrderByDescending(named => named.Member));
        Assert.True(stream.Vault.TryOpen(HashAt(intent, "config.prompt"), out _, out _));
    }

    [Fact]
    public async Task A_part_of_the_model_is_erased_in_every_record_that_names_it_and_is_salted_anew()
    {
        await using Decision stream = await BeginAsync();
        (Record first, _) = await stream.DecideAsync("the first question");
        (Record second, _) = await stream.DecideAsync("the second question");
        _clock.Advance(TimeSpan.FromDays(190));
        Record erasure = await EraseAsync(stream, first, "config.prompt");
        (RecordId, string)[] named = [.. Erasure.NamedBy(erasure)];
        Assert.Contains((stream.State.Id, "after.prompt"), named);
        Assert.Contains((second.Id, "config.prompt"), named);
        Assert.Contains((second.Id, "context[0].part"), named);
        Digest anew = await stream.Vault.CommitPartAsync(ModelPart.Prompt, Encoding.UTF8.GetBytes(Decision.Prompt));
        Assert.NotEqual(HashAt(first, "config.prompt"), anew);
    }

    /// <summary>
    /// Even with the whole vault and its key at hand: no salt for the true content is left, neither as an entry that
    /// opens nor as 32 bytes in any file.
    /// </summary>
    [Fact]
    public async Task An_erased_content_is_not_found_by_guessing_ten_thousand_candidates_without_its_salt()
    {
        await using Decision stream = await BeginAsync();
        byte[][] candidates = [.. Enumerable.Range(0, 10_000).Select(i => Encoding.UTF8.GetBytes($"PIN {i:0000}"))];
        (Record intent, _) = await stream.DecideAsync("PIN 4711");
        Digest input = HashAt(intent, "input[0]");
        Assert.True(stream.Vault.TryOpen(input, out byte[] salt, out _));
        Assert.Equal(4711, Array.FindIndex(candidates, candidate => Commitment.Of(salt, candidate) == input));

        _clock.Advance(TimeSpan.FromDays(190));
        await EraseAsync(stream, intent, "input[0]");
        Vault again = Vault.Beside(stream.Sealer);
        Assert.Equal(VaultFinding.Missing, again.Check(input, out _));
        Assert.DoesNotContain(candidates, candidate => Digest.Of(candidate) == input);
        Assert.DoesNotContain(candidates, candidate => Commitment.Of(new byte[32], candidate) == input);
        foreach (string path in Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal)))
        {
            byte[] file = await File.ReadAllBytesAsync(path);
            Assert.Equal(-1, file.AsSpan().IndexOf(salt));
            for (int i = 0; i + 32 <= file.Length; i++)
            {
                Assert.NotEqual(input, Commitment.Of(file.AsSpan(i, 32), candidates[4711]));
            }
        }
    }

    [Fact]
    public async Task Before_the_retention_limit_nothing_is_erased()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question");
        _clock.Advance(TimeSpan.FromDays(180));
        ErasureRefusedException refused =
            await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(stream, intent));
        Assert.Contains("kept until 2026-07-01", refused.Message);
        Assert.True((await stream.ReconstructAsync(intent)).IsComplete);
        _clock.Advance(TimeSpan.FromDays(1.1));
        await EraseAsync(stream, intent);
    }

    [Fact]
    public async Task A_stream_may_keep_its_contents_for_longer_and_not_for_less()
    {
        CborMap genesis = Body.Genesis(_key.PublicKey.Span, "sample");
        await using Decision longer = await Decision.BeginAsync(
            _folder.Of("longer.oar"), _key, _clock, genesis: genesis.With("retention", CborInteger.Of(400)));
        await using Decision shorter = await Decision.BeginAsync(
            _folder.Of("shorter.oar"), _key, _clock, genesis: genesis.With("retention", CborInteger.Of(10)));
        (Record longIntent, _) = await longer.DecideAsync("the question");
        (Record shortIntent, _) = await shorter.DecideAsync("the question");
        _clock.Advance(TimeSpan.FromDays(100));
        await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(shorter, shortIntent));
        _clock.Advance(TimeSpan.FromDays(290));
        await EraseAsync(shorter, shortIntent);
        await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(longer, longIntent));
        _clock.Advance(TimeSpan.FromDays(11));
        await EraseAsync(longer, longIntent);
    }

    [Theory]
    [InlineData("record", true)]
    [InlineData("other record", false)]
    [InlineData("stream", true)]
    [InlineData("time", true)]
    [InlineData("other time", false)]
    public async Task Under_a_hold_nothing_that_it_covers_is_erased_until_it_is_released(string scope, bool covers)
    {
        await using Decision stream = await BeginAsync();
        (Record intent, Record? outcome) = await stream.DecideAsync("the question");
        UnixTime time = intent.Time;
        UnixTime after = new(time.Milliseconds + 1);
        CborMap hold = scope switch
        {
            "record" => Body.Hold("case 7", false, "a suit", records: [intent.Id]),
            "other record" => Body.Hold("case 7", false, "a suit", records: [outcome!.Id]),
            "time" => Body.Hold("case 7", false, "a suit", from: time, to: time),
            "other time" => Body.Hold("case 7", false, "a suit", from: after),
            _ => Body.Hold("case 7", false, "a suit"),
        };
        await stream.Sealer.SealAsync(RecordKind.Hold, hold, "hold", null, default);
        _clock.Advance(TimeSpan.FromDays(190));
        if (covers)
        {
            ErasureRefusedException refused =
                await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(stream, intent));
            Assert.Contains("case 7", refused.Message);
            await stream.Sealer.SealAsync(
                RecordKind.Hold, Body.Hold("another", true, "no suit"), "hold", null, default);
            await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(stream, intent));
            Assert.True((await stream.ReconstructAsync(intent)).IsComplete);
            await stream.Sealer.SealAsync(RecordKind.Hold, Body.Hold("case 7", true, "over"), "hold", null, default);
        }

        await EraseAsync(stream, intent);
    }

    /// <summary>Every call to the disk in turn is the last one before the process dies.</summary>
    [Fact]
    public async Task Whatever_a_crash_interrupts_the_next_start_finishes_and_says_once()
    {
        int calls = 0;
        for (int dies = 0; ; dies++)
        {
            string chain = _folder.Of($"{dies}.oar");
            ScriptedDisk disk = new();
            Record intent;
            bool interrupted = false;
            await using (Decision stream = await Decision.BeginAsync(chain, _key, _clock, disk))
            {
                (intent, _) = await stream.DecideAsync("the question");
                SetClock later = new();
                later.Advance(_clock.Now - later.Now + TimeSpan.FromDays(190));
                int left = dies;
                bool begun = false;
                disk.Refuse = (name, path) =>
                {
                    begun |= name == "create" && path.Contains("erasing", StringComparison.Ordinal);
                    return begun && left-- <= 0 ? new IOException("the process died") : null;
                };
                try
                {
                    ErasureRequest request = new(intent.Id, ["input[0]"], "asked for");
                    await Erasure.RunAsync(stream.Sealer, stream.Vault, request, later, default);
                }
                catch (Exception e) when (e is VaultException or ChainFileException)
                {
                    interrupted = true;
                }
            }

            await using StreamSealer again = await Samples.OpenAsync(chain, _key, clock: _clock);
            Vault vault = Vault.Beside(again);
            bool planned = File.Exists(Path.Combine(vault.Folder, "erasing"));
            int before = Samples.Read(chain).Count(record => record.Kind == RecordKind.Erasure);
            await Erasure.FinishAsync(again, vault, default);
            int erasures = Samples.Read(chain).Count(record => record.Kind == RecordKind.Erasure);
            Assert.Equal(planned || before == 1 ? 1 : 0, erasures);
            Assert.Equal(
                erasures == 1 ? VaultFinding.Missing : VaultFinding.Opens,
                vault.Check(HashAt(intent, "input[0]"), out _));
            Assert.False(File.Exists(Path.Combine(vault.Folder, "erasing")));
            Assert.Equal((null, 0), await Erasure.FinishAsync(again, vault, default));
            if (!interrupted)
            {
                calls = dies;
                break;
            }
        }

        Assert.InRange(calls, 12, 40);
    }

    /// <summary>The switch that shows that the test above sees anything: without the note nobody would finish.</summary>
    [Fact]
    public async Task Without_the_note_an_interrupted_erasure_would_never_be_said()
    {
        ScriptedDisk disk = new();
        await using Decision stream = await Decision.BeginAsync(_folder.Of("a.oar"), _key, _clock, disk);
        (Record intent, _) = await stream.DecideAsync("the question");
        stream.Vault.Destroy(new HashSet<Digest> { HashAt(intent, "input[0]") });
        Assert.Equal((null, 0), await Erasure.FinishAsync(stream.Sealer, stream.Vault, default));
        Reconstruction found = await stream.ReconstructAsync(intent);
        Assert.Equal(MemberFinding.Missing, found.Members.Single(member => member.Member == "input[0]").Finding);
    }

    [Fact]
    public async Task What_a_restored_copy_brings_back_is_named_and_erased_again()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question");
        string copy = _folder.Of("copy");
        Copy(stream.Vault.Folder, copy);
        _clock.Advance(TimeSpan.FromDays(190));
        await EraseAsync(stream, intent, "input[0]");
        Copy(copy, stream.Vault.Folder);

        Reconstruction found = await stream.ReconstructAsync(intent);
        Assert.Equal(MemberFinding.NotErased, found.Members.Single(member => member.Member == "input[0]").Finding);
        Assert.Equal((null, 1), await Erasure.FinishAsync(stream.Sealer, stream.Vault, default));
        Assert.False(stream.Vault.TryOpen(HashAt(intent, "input[0]"), out _, out _));
    }

    [Fact]
    public async Task What_writers_that_died_left_half_written_is_cleared_away_and_what_is_under_way_stays()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question");
        string dead = Path.Combine(stream.Vault.Folder, "contents", "dead.part");
        string alive = Path.Combine(stream.Vault.Folder, "contents", "alive.part");
        await File.WriteAllTextAsync(dead, "half");
        await File.WriteAllTextAsync(alive, "half");
        File.SetLastWriteTimeUtc(dead, DateTime.UtcNow.AddHours(-2));
        await Erasure.FinishAsync(stream.Sealer, stream.Vault, default);
        Assert.False(File.Exists(dead));
        Assert.True(File.Exists(alive));
        Assert.True((await stream.ReconstructAsync(intent)).IsComplete);
    }

    [Fact]
    public async Task What_the_record_does_not_commit_to_is_not_erased()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question");
        _clock.Advance(TimeSpan.FromDays(190));
        ErasureRefusedException refused =
            await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(stream, intent, "input[1]"));
        Assert.Contains("input[0]", refused.Message);
        await Assert.ThrowsAsync<ErasureRefusedException>(() => EraseAsync(stream, stream.State));
    }

    private Task<Decision> BeginAsync() => Decision.BeginAsync(_folder.Of("a.oar"), _key, _clock);

    private Task<Record> EraseAsync(Decision stream, Record record, params string[] members) => Erasure.RunAsync(
        stream.Sealer,
        stream.Vault,
        new ErasureRequest(record.Id, [.. members], "asked for", "Anna Beispiel"),
        _clock,
        default);

    private static Digest HashAt(Record record, string path)
    {
        Assert.True(CommittedMember.TryFind(record, path, out CommittedMember? member));
        return member.Commitment.Hash;
    }

    private static void Copy(string from, string to)
    {
        foreach (string path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target, overwrite: true);
        }
    }
}
