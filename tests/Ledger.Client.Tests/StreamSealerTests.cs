using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

public sealed class StreamSealerTests : IDisposable
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
    public async Task What_is_sealed_is_a_sound_chain_that_a_stranger_verifies()
    {
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key))
        {
            await sealer.NoteAsync();
            await sealer.NoteAsync();
            Assert.Equal(2UL, sealer.State.Seq.Value);
            Assert.Empty(sealer.Warnings);
        }

        Assert.Equal((Verdict.Verified, 3L), Judge());
    }

    [Fact]
    public async Task A_chain_is_continued_after_it_was_closed()
    {
        Record last;
        await using (StreamSealer first = await Samples.NewStreamAsync(Chain, _key))
        {
            last = await first.NoteAsync();
        }

        await using StreamSealer second = await Samples.OpenAsync(Chain, _key);
        Assert.Equal(last.Id, second.State.Head);
        Record next = await second.NoteAsync();
        Assert.Equal((2UL, last.Id), (next.Seq.Value, next.Prev));
    }

    [Fact]
    public async Task Many_who_seal_at_once_keep_the_order_of_numbers_and_share_syncs()
    {
        ScriptedDisk disk = new();
        const int Count = 100;
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, disk))
        {
            int before = disk.Calls.Count(call => call == "sync a.oar");
            int written = disk.Calls.Count(call => call == "write a.oar");

            // The first sync lasts until all others have written.
            disk.BeforeSync = _ => SpinWait.SpinUntil(
                () => disk.Calls.Count(call => call == "write a.oar") == written + Count, TimeSpan.FromSeconds(120));
            Record[] records =
                await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => Task.Run(() => sealer.NoteAsync())));
            Assert.Equal(Enumerable.Range(1, Count), records.Select(record => (int)record.Seq.Value).Order());
            int syncs = disk.Calls.Count(call => call == "sync a.oar") - before;
            Assert.InRange(syncs, 1, 3);
        }

        Assert.Equal((Verdict.Verified, 1L + Count), Judge());
    }

    [Fact]
    public async Task Causes_stand_in_the_record()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        Record first = await sealer.NoteAsync();
        Record second = await sealer.SealAsync(RecordKind.Gap, Samples.Gap("again"), "sample", [first.Id], default);
        Assert.Equal((1, first.Id), (second.CauseCount, second.Cause(0)));
    }

    [Fact]
    public async Task Nothing_is_written_of_a_record_that_breaks_a_rule()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        byte[] before = await File.ReadAllBytesAsync(Chain);
        CborMap genesis = Body.Genesis(_key.PublicKey.Span, "again");
        SealRefusedException second = await Assert.ThrowsAsync<SealRefusedException>(
            () => sealer.SealAsync(RecordKind.Genesis, genesis, "sample", null, default));
        Assert.Equal(Layer.Link, second.Fault.Layer);
        SealRefusedException form = await Assert.ThrowsAsync<SealRefusedException>(
            () => sealer.SealAsync(RecordKind.Intent, CborMap.Empty, "sample", null, default));
        Assert.Equal(Layer.Encoding, form.Fault.Layer);
        Assert.Equal(before, await File.ReadAllBytesAsync(Chain));
        await sealer.NoteAsync();
        Assert.Equal((Verdict.Verified, 2L), Judge());
    }

    [Fact]
    public async Task A_key_that_is_not_in_force_does_not_open_the_chain()
    {
        await using (await Samples.NewStreamAsync(Chain, _key))
        {
        }

        using SigningKey stranger = Keys.Of("mallory");
        ChainFileException refused =
            await Assert.ThrowsAsync<ChainFileException>(() => Samples.OpenAsync(Chain, stranger));
        Assert.Equal(ChainFileError.WrongKey, refused.Error);

        // And the refusal holds no lock.
        await using StreamSealer owner = await Samples.OpenAsync(Chain, _key);
    }

    [Fact]
    public async Task The_recovery_key_opens_the_chain_for_what_it_may_do_and_no_more()
    {
        using SigningKey recovery = Keys.Of("recovery");
        CborMap genesis = Body.Genesis(_key.PublicKey.Span, "sample", recovery.Id);
        await using (await StreamSealer.CreateAsync(Chain, _key, Samples.Issuer, genesis, default))
        {
        }

        await using (StreamSealer cold = await Samples.OpenAsync(Chain, recovery))
        {
            await Assert.ThrowsAsync<SealRefusedException>(() => cold.NoteAsync());
            CborMap revoke = Body.Revoke(_key.Id, new Sequence(1), "stolen", heirs: true, recovery.PublicKey.Span);
            await cold.SealAsync(RecordKind.Revoke, revoke, "sample", null, default);
        }

        await using StreamSealer revoked = await Samples.OpenAsync(Chain, _key);
        SealRefusedException refused = await Assert.ThrowsAsync<SealRefusedException>(() => revoked.NoteAsync());
        Assert.Equal(Layer.Revocation, refused.Fault.Layer);
    }

    [Fact]
    public async Task Time_stands_still_while_the_clock_runs_behind_and_a_gap_record_sets_it_back()
    {
        SetClock clock = new();
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key, clock: clock);
        UnixTime start = sealer.State.Time;
        clock.Advance(TimeSpan.FromHours(-1));
        CborMap measured = Body.Document("model-card", new Commitment(Digest.Of("card"u8)));
        Record repeated = await sealer.SealAsync(RecordKind.Document, measured, "sample", null, default);
        Assert.Equal(start, repeated.Time);
        Assert.Contains("clock", Assert.Single(sealer.Warnings));
        Record gap = await sealer.NoteAsync();
        Assert.Equal(start.Milliseconds - 3_600_000, gap.Time.Milliseconds);
    }

    [Fact]
    public async Task Texts_that_look_like_a_person_are_warned_of_once()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await sealer.NoteAsync("a word from anna.beispiel@example.org");
        await sealer.NoteAsync("a word from anna.beispiel@example.org");
        Assert.Contains("a mail address", Assert.Single(sealer.Warnings));
        for (int i = 0; i < 150; i++)
        {
            CborMap body = Samples.Gap("x").With($"note{i}", "a@b.ch");
            await sealer.SealAsync(RecordKind.Gap, body, "sample", null, default);
        }

        Assert.Equal(100, sealer.Warnings.Count);
    }

    [Fact]
    public async Task A_closed_sealer_seals_nothing()
    {
        StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        await sealer.DisposeAsync();
        await sealer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sealer.NoteAsync());
    }

    private (Verdict Verdict, long Records) Judge()
    {
        ChainVerdict verdict = ChainVerifier.Verify(File.ReadAllBytes(Chain));
        return (verdict.Verdict, verdict.Records);
    }
}
