using System.Net;
using Ledger.Client.Files;
using Ledger.Client.Tests.TestKit;
using Ledger.Crypto;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>A chain file on its way to a node.</summary>
public sealed class SubmissionTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private readonly StubNode _node = new();

    private string Chain => _folder.Of("a.oar");

    public void Dispose()
    {
        _node.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_whole_chain_arrives_in_order_and_once()
    {
        Record[] records = await ChainOfAsync(5);
        SubmitSummary summary = await SubmitAsync();
        Assert.Equal(records.Select(record => record.Id), _node.Records.Select(record => record.Id));
        Assert.Equal((5UL, 5UL, RecordState.Settled), (summary.Records, summary.Sent, summary.State));
        Assert.Equal((records[^1].Id, records[0].Stream), (summary.Head, summary.Stream));
        Assert.Equal(7UL, summary.Last.Height);
    }

    [Fact]
    public async Task Submitting_again_sends_nothing_and_says_the_same()
    {
        await ChainOfAsync(5);
        SubmitSummary first = await SubmitAsync();
        int batches = _node.Batches.Count;
        SubmitSummary second = await SubmitAsync();
        Assert.Equal(batches, _node.Batches.Count);
        Assert.Equal((first.Head, first.Records, 0UL), (second.Head, second.Records, second.Sent));
    }

    [Fact]
    public async Task What_was_sealed_since_is_all_that_is_sent()
    {
        await ChainOfAsync(5);
        await SubmitAsync();
        await using (StreamSealer sealer = await Samples.OpenAsync(Chain, _key))
        {
            await sealer.NoteAsync();
            await sealer.NoteAsync();
        }

        Assert.Equal(2UL, (await SubmitAsync()).Sent);
        Assert.Equal([5, 2], _node.Batches);
    }

    [Fact]
    public async Task A_long_chain_goes_in_batches_and_a_cut_one_goes_on_where_it_was_cut()
    {
        await ChainOfAsync(620);
        _node.Before = (number, _) => number == 3 ? throw new HttpRequestException("The cable was cut.") : null;
        using (NodeClient impatient = _node.Client(TimeSpan.Zero))
        {
            NodeException cut = await Assert.ThrowsAsync<NodeException>(
                () => impatient.SubmitChainAsync(Chain, SubmitWait.Sealed, null, default));
            Assert.Equal(NodeError.Unreachable, cut.Error);
        }

        int before = _node.Records.Count;
        Assert.InRange(before, 1, 619);
        long received = _node.BytesReceived;
        _node.Before = static (_, _) => null;
        SubmitSummary summary = await SubmitAsync();
        Assert.Equal((620UL, (ulong)(620 - before)), (summary.Records, summary.Sent));
        Assert.Equal(620, _node.Records.Count);
        Assert.All(_node.Batches, batch => Assert.InRange(batch, 1, 250));
        Assert.True(new FileInfo(Chain).Length > _node.BytesReceived - received);
    }

    [Fact]
    public async Task A_node_that_is_gone_for_a_moment_is_waited_for()
    {
        await ChainOfAsync(5);
        _node.Before = (number, _) => number switch
        {
            1 => throw new HttpRequestException("Connection refused."),
            3 => new HttpResponseMessage(HttpStatusCode.BadGateway),
            4 => StubNode.Refusal(StubNode.Of("busy", 503)),
            _ => null,
        };
        SubmitSummary summary = await SubmitAsync();
        Assert.Equal((5, RecordState.Settled), (_node.Records.Count, summary.State));
    }

    [Fact]
    public async Task A_quota_that_frees_itself_is_waited_for_and_said_meanwhile()
    {
        await ChainOfAsync(5);
        int refusals = 2;
        _node.Problem = seq => seq == 3 && refusals-- > 0 ? StubNode.Of("quota", 429) : null;
        Reports reports = new();
        using NodeClient client = _node.Client();
        await client.SubmitChainAsync(Chain, SubmitWait.Settled, reports, default);
        Assert.Equal(5, _node.Records.Count);
        Assert.Contains(reports.All, report => report is { Waiting: "Title of quota", Taken: 3 });
    }

    [Fact]
    public async Task A_quota_that_stays_used_up_ends_the_patience()
    {
        await ChainOfAsync(5);
        _node.Problem = seq => seq >= 3 ? StubNode.Of("quota", 429) with { Remaining = 0, Limit = 10 } : null;
        NodeException refused =
            await Assert.ThrowsAsync<NodeException>(() => SubmitAsync(TimeSpan.FromMilliseconds(80)));
        Assert.Equal((3UL, 429, 10UL), (refused.Seq, refused.Problem!.Status, refused.Problem.Limit));
        Assert.Equal(3, _node.Records.Count);
    }

    [Fact]
    public async Task A_record_that_the_node_refuses_ends_it_at_once_with_the_nodes_reason()
    {
        await ChainOfAsync(5);
        NodeProblem problem = StubNode.Of("record-form", 400) with { Reason = "too odd", Offset = 9 };
        _node.Problem = seq => seq == 2 ? problem : null;
        NodeException refused = await Assert.ThrowsAsync<NodeException>(() => SubmitAsync());
        Assert.Equal((2UL, "too odd", 9), (refused.Seq, refused.Problem!.Reason, refused.Problem.Offset));
        Assert.Equal("Record 2: Title of record-form (too odd). Do this.", refused.Message);
        Assert.Equal(2, _node.Records.Count);
    }

    [Fact]
    public async Task A_refusal_of_the_very_first_record_is_told_too()
    {
        await ChainOfAsync(3);
        _node.Problem = _ => StubNode.Of("not-invited", 403);
        NodeException refused = await Assert.ThrowsAsync<NodeException>(() => SubmitAsync());
        Assert.Equal((0UL, "urn:ledger:problem:not-invited"), (refused.Seq, refused.Problem!.Type));
    }

    [Fact]
    public async Task An_older_copy_of_a_chain_is_refused_and_nothing_is_sent()
    {
        await ChainOfAsync(3);
        byte[] older = await File.ReadAllBytesAsync(Chain);
        await using (StreamSealer sealer = await Samples.OpenAsync(Chain, _key))
        {
            await sealer.NoteAsync();
        }

        await SubmitAsync();
        int requests = _node.Batches.Count;
        await File.WriteAllBytesAsync(Chain, older);
        ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(() => SubmitAsync());
        Assert.Equal(ChainFileError.Diverged, refused.Error);
        Assert.Contains("older copy", refused.Message);
        Assert.Equal(requests, _node.Batches.Count);
    }

    [Fact]
    public async Task Another_history_of_the_same_stream_is_refused_and_nothing_is_sent()
    {
        await ChainOfAsync(3);
        byte[] common = await File.ReadAllBytesAsync(Chain);
        await ContinueAsync(1);
        await SubmitAsync();
        int requests = _node.Batches.Count;
        await File.WriteAllBytesAsync(Chain, common);
        await ContinueAsync(2);
        ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(() => SubmitAsync());
        Assert.Equal(ChainFileError.Diverged, refused.Error);
        Assert.Contains("two histories", refused.Message);
        Assert.Equal(requests, _node.Batches.Count);
    }

    [Fact]
    public async Task A_receipt_for_another_record_is_not_taken_for_ours()
    {
        await ChainOfAsync(1);
        _node.Before = (_, request) => request.Method != HttpMethod.Post ? null : StubNode.Answer(
            HttpStatusCode.Accepted, new { receipts = new[] { new { id = new string('0', 128), state = "sealed" } } });
        ChainFileException refused = await Assert.ThrowsAsync<ChainFileException>(() => SubmitAsync());
        Assert.Equal(ChainFileError.Diverged, refused.Error);
        _node.Before = (_, request) => request.Method != HttpMethod.Post ? null : StubNode.Answer(
            HttpStatusCode.Accepted, new { receipts = Array.Empty<object>() });
        NodeException odd = await Assert.ThrowsAsync<NodeException>(() => SubmitAsync());
        Assert.Equal(NodeError.Misunderstood, odd.Error);
    }

    [Theory]
    [InlineData(SubmitWait.Sealed, RecordState.Sealed)]
    [InlineData(SubmitWait.Settled, RecordState.Settled)]
    [InlineData(SubmitWait.Anchored, RecordState.Anchored)]
    public async Task It_waits_for_the_state_that_was_asked_for(SubmitWait wait, RecordState reached)
    {
        await ChainOfAsync(4);
        _node.SettlesAtOnce = false;
        int shown = 0;
        _node.Before = (_, request) =>
        {
            bool poll = request.RequestUri!.AbsolutePath.StartsWith("/v1/records/", StringComparison.Ordinal);
            shown += poll ? 1 : 0;
            _node.Settled = Math.Min(Math.Max(0, shown - 1), _node.Records.Count);
            _node.Anchored = shown > 6 ? _node.Records.Count : 0;
            return null;
        };
        Reports reports = new();
        using NodeClient client = _node.Client();
        SubmitSummary summary = await client.SubmitChainAsync(Chain, wait, reports, default);
        Assert.Equal(reached, summary.State);
        Assert.Equal(reached == RecordState.Anchored, summary.Last.Anchor is not null);
        ulong[] settled = [.. reports.All.Select(report => report.Settled)];
        Assert.Equal(settled.Order(), settled);
        Assert.Equal((4UL, reached), (reports.All[^1].Taken, reports.All[^1].State));
        Assert.Equal(wait == SubmitWait.Sealed ? 0UL : 4UL, settled[^1]);
    }

    [Fact]
    public async Task Waiting_ends_when_the_caller_gives_up()
    {
        await ChainOfAsync(2);
        _node.SettlesAtOnce = false;
        using CancellationTokenSource caller = new(TimeSpan.FromMilliseconds(100));
        using NodeClient client = _node.Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.SubmitChainAsync(Chain, SubmitWait.Settled, null, caller.Token));
    }

    [Fact]
    public async Task The_torn_end_of_a_chain_that_is_being_written_is_not_sent()
    {
        Record[] records = await ChainOfAsync(3);
        await File.AppendAllBytesAsync(Chain, records[^1].Bytes[..500].ToArray());
        SubmitSummary summary = await SubmitAsync();
        Assert.Equal((3UL, 3), (summary.Records, _node.Records.Count));
    }

    [Fact]
    public async Task What_is_no_chain_is_refused_before_a_node_is_asked()
    {
        await File.WriteAllTextAsync(Chain, "");
        Assert.Equal(ChainFileError.Corrupt, (await Assert.ThrowsAsync<ChainFileException>(() => SubmitAsync())).Error);
        await File.WriteAllBytesAsync(Chain, [0x80, 0xff, 0xff]);
        Assert.Equal(ChainFileError.Corrupt, (await Assert.ThrowsAsync<ChainFileException>(() => SubmitAsync())).Error);
        File.Delete(Chain);
        Assert.Equal(ChainFileError.Missing, (await Assert.ThrowsAsync<ChainFileException>(() => SubmitAsync())).Error);
        Assert.Empty(_node.Requests);
    }

    [Fact]
    public async Task A_chain_is_synced_before_anyone_is_shown_a_record_of_it()
    {
        await ChainOfAsync(2);
        ScriptedDisk disk = new();
        using (ChainReader.Open(Chain, disk))
        {
            Assert.Equal(["read a.oar", "sync a.oar"], disk.Calls);
        }

        disk.Refuse = (name, _) => name == "sync" ? new IOException("Input/output error.") : null;
        Assert.Equal(ChainFileError.Disk, Assert.Throws<ChainFileException>(() => ChainReader.Open(Chain, disk)).Error);
    }

    private async Task<SubmitSummary> SubmitAsync(TimeSpan? patience = null)
    {
        using NodeClient client = new(new Uri("http://node.test:8080/"), new NodeClientOptions
        {
            Handler = new Lent(_node),
            Patience = patience ?? TimeSpan.FromSeconds(120),
        });
        return await client.SubmitChainAsync(Chain, SubmitWait.Settled, null, default);
    }

    private async Task<Record[]> ChainOfAsync(int count)
    {
        await using (StreamSealer sealer = await Samples.NewStreamAsync(Chain, _key))
        {
            await Task.WhenAll(Enumerable.Range(1, count - 1).Select(_ => sealer.NoteAsync()));
        }

        return Samples.Read(Chain);
    }

    private async Task ContinueAsync(int count)
    {
        await using StreamSealer sealer = await Samples.OpenAsync(Chain, _key);
        for (int i = 0; i < count; i++)
        {
            await sealer.NoteAsync();
        }
    }

    /// <summary>The stub, not disposed of with the client.</summary>
    private sealed class Lent(StubNode node) : DelegatingHandler(node)
    {
        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class Reports : IProgress<SubmitProgress>
    {
        public List<SubmitProgress> All { get; } = [];

        public void Report(SubmitProgress value) => All.Add(value);
    }
}
