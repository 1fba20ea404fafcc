using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

public sealed class ReconstructionTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private readonly SetClock _clock = new();

    private static string[] Whole =>
    [
        "model after.prompt", "model after.sampling", "intent input[0]", "intent config.prompt",
        "intent context[0].part", "intent context[0].commit", "outcome output[0]",
    ];

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task Every_commitment_of_intent_outcome_context_and_pinned_state_is_computed_again()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, Record? outcome) = await stream.DecideAsync("the question");
        await stream.DecideAsync("another question");
        foreach (Record asked in new[] { intent, outcome! })
        {
            Reconstruction found = await stream.ReconstructAsync(asked);
            Assert.True(found.IsComplete);
            Assert.Empty(found.Notes);
            Assert.Equal(Whole, Places(found, MemberFinding.Matches));
        }
    }

    [Fact]
    public async Task What_is_missing_or_wrong_is_named()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, Record? outcome) = await stream.DecideAsync("the question");
        Assert.True((await stream.ReconstructAsync(intent)).IsComplete);
        Assert.True(CommittedMember.TryFind(intent, "input[0]", out CommittedMember? input));
        Assert.True(CommittedMember.TryFind(outcome!, "output[0]", out CommittedMember? output));
        string contents = Path.Combine(stream.Vault.Folder, "contents");
        string damaged = Path.Combine(contents, input.Commitment.Hash.ToString());
        byte[] bytes = await File.ReadAllBytesAsync(damaged);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes);
        stream.Vault.Destroy(new HashSet<Digest> { output.Commitment.Hash });

        Reconstruction found = await stream.ReconstructAsync(intent);
        Assert.False(found.IsComplete);
        Assert.Equal(["intent input[0]"], Places(found, MemberFinding.Damaged));
        Assert.Equal(["outcome output[0]"], Places(found, MemberFinding.Missing));
        Assert.Equal(Whole.Length - 2, Places(found, MemberFinding.Matches).Length);
    }

    [Fact]
    public async Task A_content_of_another_size_than_the_record_says_is_named()
    {
        await using Decision stream = await BeginAsync();
        Commitment kept = await stream.Vault.CommitAsync("the content"u8.ToArray());
        Record right = await SealDocumentAsync(stream, kept);
        Record wrong = await SealDocumentAsync(stream, kept with { Size = 12 });
        Assert.True((await stream.ReconstructAsync(right)).IsComplete);
        Assert.Equal(["document doc"], Places(await stream.ReconstructAsync(wrong), MemberFinding.WrongSize));
    }

    [Fact]
    public async Task An_intent_without_outcome_or_state_is_said_to_be_so()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question", answered: false);
        Reconstruction found = await stream.ReconstructAsync(intent);
        Assert.Equal("No outcome answers the intent.", Assert.Single(found.Notes));

        (intent, _) = await stream.DecideAsync("another question", pinned: false);
        found = await stream.ReconstructAsync(intent);
        Assert.True(found.IsComplete);
        Assert.Contains("no attested state", Assert.Single(found.Notes));
    }

    [Fact]
    public async Task A_record_that_the_chain_does_not_hold_and_a_damaged_chain_are_refused()
    {
        await using Decision stream = await BeginAsync();
        (Record intent, _) = await stream.DecideAsync("the question");
        ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(
            () => Reconstruction.RunAsync(stream.Sealer.ChainFile, stream.Vault, RecordId.Zero, default));
        Assert.Equal(ChainFileError.Missing, refused.Error);

        string copy = _folder.Of("copy.oar");
        byte[] bytes = await File.ReadAllBytesAsync(stream.Sealer.ChainFile);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(copy, bytes);
        refused = await Assert.ThrowsAsync<ChainFileException>(
            () => Reconstruction.RunAsync(copy, stream.Vault, intent.Id, default));
        Assert.Equal(ChainFileError.Corrupt, refused.Error);
    }

    private Task<Decision> BeginAsync() => Decision.BeginAsync(_folder.Of("a.oar"), _key, _clock);

    private static Task<Record> SealDocumentAsync(Decision stream, Commitment doc) =>
        stream.Sealer.SealAsync(RecordKind.Document, Body.Document("note", doc), "note", null, default);

    private static string[] Places(Reconstruction found, MemberFinding finding) =>
    [
        .. found.Members.Where(member => member.Finding == finding)
            .Select(member => $"{member.Kind.Word()} {member.Member}"),
    ];
}
