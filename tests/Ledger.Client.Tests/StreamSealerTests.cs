using Record = Ledger.Records.Record;
using Ledger.Client.Tests.TestKit;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Chains;

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

        ChainVerdict verdict = ChainVerifier.Verify(await File.ReadAllBytesAsync(Chain));
        Assert.Equal((Verdict.Verified, 3L), (verdict.Verdict, verdict.Records));
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
    public async Task A_guarded_act_leaves_intent_and_outcome()
    {
        await using StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key);
        Guard guard = new(sealer, new GuardOptions());
        int answer = await guard.RunAsync(
            Samples.Intent(),
            (context, _) =>
            {
                context.AddOutput("42"u8.ToArray(), "text/plain");
                return Task.FromResult(42);
            },
            default);
        Assert.Equal((42, 2UL), (answer, sealer.State.Seq.Value));
    }
}
