using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Records;

namespace Ledger.Client.Http;

/// <summary>What one node has of one chain file, and the sending of what it has not. Not thread-safe.</summary>
internal sealed class ChainSubmission(
    NodeConnection connection,
    NodeClientOptions options,
    ChainReader chain,
    string path,
    IProgress<SubmitProgress>? progress)
{
    private const string Sequence = "application/cbor-seq";

    /// <summary>Small enough for progress that one can watch, large enough to keep a node busy.</summary>
    private const int BatchRecords = 250;
    private const int BatchBytes = 1 << 20;
    private const int PollFirstMs = 50;
    private const int PollLongestMs = 1_000;

    private readonly StreamId _stream = chain.Record(0).Stream;
    private ulong _taken;
    private ulong _settled;

    /// <summary>Records that the node has taken, from the first on.</summary>
    public ulong Taken => Volatile.Read(ref _taken);

    /// <summary>Records in blocks, from the first on.</summary>
    public ulong Settled => Volatile.Read(ref _settled);

    public async Task<SubmitSummary> RunAsync(SubmitWait wait, CancellationToken cancellation)
    {
        await CompareAsync(cancellation).ConfigureAwait(false);
        ulong sent = chain.Count - _settled;
        await SendAsync(chain.Count, cancellation).ConfigureAwait(false);
        RecordSummary last = await WaitAsync(wait, cancellation).ConfigureAwait(false);
        return new SubmitSummary(_stream, chain.Record(chain.Count - 1).Id, chain.Count, sent, last.State, last);
    }

    /// <summary>
    /// Where the node stands. Its head must be a record of ours: else one of the two histories is not this one.
    /// </summary>
    /// <exception cref="ChainFileException">The node holds more, or another history.</exception>
    public async Task CompareAsync(CancellationToken cancellation)
    {
        StreamSummary? known = await connection
            .GetAsync($"v1/streams/{_stream}", NodeJson.Default.StreamSummary, options.Patience, cancellation)
            .ConfigureAwait(false);
        if (known is null)
        {
            Report();
            return;
        }

        if (known.Seq >= chain.Count)
        {
            throw new ChainFileException(
                ChainFileError.Diverged,
                $"{path} ends at record {chain.Count - 1}, and the node holds {known.Seq} and all before it: this is "
                    + "an older copy. Seal nothing more with it, or the stream forks; restore the newest copy.");
        }

        Record ours = chain.Record(known.Seq);
        if (ours.Id.ToString() != known.Head)
        {
            throw new ChainFileException(
                ChainFileError.Diverged,
                $"Record {known.Seq} in {path} is not the one that the node holds: the stream has two histories, as "
                    + "when a copy of the file was continued twice. Nothing was sent. Find out which one is yours, and "
                    + "whether the key was stolen.");
        }

        _settled = known.Seq + 1;
        _taken = Math.Max(_taken, _settled);
        Report();
    }

    /// <summary>Sends again what has not settled: the same bytes twice do no harm.</summary>
    public void Rewind() => _taken = _settled;

    /// <param name="until">How many records, from the first on, may be shown to the node.</param>
    public async Task SendAsync(ulong until, CancellationToken cancellation)
    {
        Backoff backoff = new(options.Patience, options.Clock);
        while (_taken < until)
        {
            int most = (int)Math.Min(BatchRecords, until - _taken);
            byte[] batch = chain.Read(_taken, most, BatchBytes, out int count);
            NodeAnswer answer = await connection.AskAsync(
                HttpMethod.Post, "v1/records", "application/json", (batch, Sequence), options.Patience, cancellation)
                .ConfigureAwait(false);
            IReadOnlyList<Receipt> receipts = ReceiptsOf(answer, count);
            int accepted = 0;
            while (accepted < count && receipts[accepted].Problem is null)
            {
                Check(receipts[accepted], _taken + (ulong)accepted);
                accepted++;
            }

            _taken += (ulong)accepted;
            if (accepted == count)
            {
                backoff = new Backoff(options.Patience, options.Clock);
                Report();
                continue;
            }

            NodeProblem problem = receipts[accepted].Problem!;
            Report(problem.Title);
            if (problem.Status is not (429 or 503 or 507)
                || !await backoff.TryWaitAsync(null, cancellation).ConfigureAwait(false))
            {
                throw NodeException.Refused(problem, _taken);
            }
        }
    }

    private IReadOnlyList<Receipt> ReceiptsOf(NodeAnswer answer, int count)
    {
        IReadOnlyList<Receipt>? receipts = answer.Succeeded
            ? connection.Read(answer, NodeJson.Default.Receipts).Items
            : (int)answer.Status == 422 ? connection.Read(answer, NodeJson.Default.BatchProblem).Receipts : null;
        return receipts is null ? throw connection.Refusal(answer)
            : receipts.Count == count ? receipts
            : throw new NodeException(
                NodeError.Misunderstood,
                $"The node at {connection.Node} answered {count} records with {receipts.Count} receipts. It may be of "
                    + "another version.");
    }

    /// <summary>A receipt must be for the record that was sent, not for another in its place.</summary>
    private void Check(Receipt receipt, ulong seq)
    {
        if (receipt.Id != chain.Record(seq).Id.ToString())
        {
            throw new ChainFileException(
                ChainFileError.Diverged,
                $"The node holds record {seq} of {path} under another signature. Fetch it from the node and put it in "
                    + "the place of the one in the file.");
        }
    }

    /// <summary>The last record stands behind all others, in the log and under the anchor.</summary>
    private async Task<RecordSummary> WaitAsync(SubmitWait wait, CancellationToken cancellation)
    {
        RecordId last = chain.Record(chain.Count - 1).Id;
        int pollMs = PollFirstMs;
        while (true)
        {
            RecordSummary summary = await connection
                .GetAsync($"v1/records/{last}", NodeJson.Default.RecordSummary, options.Patience, cancellation)
                .ConfigureAwait(false)
                ?? throw new NodeException(
                    NodeError.Refused,
                    $"The node at {connection.Node} took record {chain.Count - 1} and does not hold it now. Submit "
                        + "again.");
            if (summary.State != RecordState.Sealed)
            {
                _settled = chain.Count;
            }
            else if (wait != SubmitWait.Sealed)
            {
                await CountSettledAsync(cancellation).ConfigureAwait(false);
            }

            Report(state: summary.State);
            if ((int)summary.State >= (int)wait)
            {
                return summary;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(pollMs), options.Clock, cancellation).ConfigureAwait(false);
            pollMs = Math.Min(pollMs * 2, PollLongestMs);
        }
    }

    private async Task CountSettledAsync(CancellationToken cancellation)
    {
        StreamSummary? known = await connection
            .GetAsync($"v1/streams/{_stream}", NodeJson.Default.StreamSummary, options.Patience, cancellation)
            .ConfigureAwait(false);
        _settled = known is null ? 0 : Math.Min(known.Seq + 1, chain.Count);
    }

    private void Report(string? waiting = null, RecordState? state = null) =>
        progress?.Report(new SubmitProgress(chain.Count, _taken, _settled, state, waiting));
}
