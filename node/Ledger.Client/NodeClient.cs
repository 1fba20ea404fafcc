using Ledger.Client.Files;
using Ledger.Client.Http;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records.Streams;

namespace Ledger.Client;

/// <summary>
/// Talks to one node. Thread-safe. Nothing that a node says here is proof of anything: evidence is, once verified.
/// </summary>
public sealed class NodeClient : IDisposable
{
    private readonly NodeConnection _connection;
    private readonly NodeClientOptions _options;

    public NodeClient(Uri node)
        : this(node, new NodeClientOptions())
    {
    }

    /// <param name="node">Such as <c>http://127.0.0.1:8080</c>.</param>
    public NodeClient(Uri node, NodeClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        (_options, _connection) = (options, new NodeConnection(node, options));
    }

    public Uri Node => _connection.Node;

    /// <summary>
    /// Submits what a node does not have yet of a chain file, and waits for its last record. May be cut at any point
    /// and called again: it asks the node where it stands, and sending a record twice gives the same receipt.
    /// </summary>
    /// <param name="chainFile">May be written to meanwhile; records that come later are not sent.</param>
    /// <exception cref="ChainFileException">
    /// The file cannot be read, or is older than what the node holds, or tells another history.
    /// </exception>
    /// <exception cref="NodeException">The node cannot be reached, or refused a record.</exception>
    public async Task<SubmitSummary> SubmitChainAsync(
        string chainFile, SubmitWait wait, IProgress<SubmitProgress>? progress, CancellationToken cancellation)
    {
        using ChainReader chain = await Task.Run(() => ChainReader.Open(chainFile, Disk.Real), cancellation)
            .ConfigureAwait(false);
        ChainSubmission submission = new(_connection, _options, chain, chainFile, progress);
        return await submission.RunAsync(wait, cancellation).ConfigureAwait(false);
    }

    /// <summary>The evidence file of one settled record.</summary>
    /// <exception cref="NodeException">Among others while it is not settled.</exception>
    public Task<byte[]> GetEvidenceAsync(RecordId id, CancellationToken cancellation) =>
        GetEvidenceAsync(id, EvidenceFormat.Cbor, cancellation);

    /// <inheritdoc cref="GetEvidenceAsync(RecordId, CancellationToken)"/>
    public Task<byte[]> GetEvidenceAsync(RecordId id, EvidenceFormat format, CancellationToken cancellation) =>
        DownloadAsync($"v1/records/{id}/evidence?format={Word(format)}", cancellation);

    /// <summary>The evidence file of a range of a stream, or of the whole.</summary>
    /// <param name="from">Number of the first record; null for 0.</param>
    /// <param name="to">Number of the last record; null for the last settled one. Both null: the whole stream.</param>
    public Task<byte[]> GetEvidenceAsync(StreamId stream, ulong? from, ulong? to, CancellationToken cancellation) =>
        GetEvidenceAsync(stream, from, to, EvidenceFormat.Cbor, cancellation);

    /// <inheritdoc cref="GetEvidenceAsync(StreamId, ulong?, ulong?, CancellationToken)"/>
    public Task<byte[]> GetEvidenceAsync(
        StreamId stream, ulong? from, ulong? to, EvidenceFormat format, CancellationToken cancellation)
    {
        string range = (from is { } first ? $"&from={first}" : "") + (to is { } last ? $"&to={last}" : "");
        return DownloadAsync($"v1/streams/{stream}/evidence?format={Word(format)}{range}", cancellation);
    }

    public async Task<NodeStatus> GetStatusAsync(CancellationToken cancellation) =>
        await _connection.GetAsync("v1/status", NodeJson.Default.NodeStatus, _options.ReadPatience, cancellation)
            .ConfigureAwait(false) ?? throw NoNode();

    /// <summary>A settled block; null if the node does not hold it.</summary>
    public Task<NodeBlock?> GetBlockAsync(Height height, CancellationToken cancellation) =>
        _connection.GetAsync($"v1/blocks/{height}", NodeJson.Default.NodeBlock, _options.ReadPatience, cancellation);

    /// <summary>What the node waits for, and for whom.</summary>
    public async Task<NodeWait> GetWaitAsync(CancellationToken cancellation) =>
        await _connection.GetAsync("v1/why-stuck", NodeJson.Default.NodeWait, _options.ReadPatience, cancellation)
            .ConfigureAwait(false) ?? throw NoNode();

    /// <summary>The configuration, and changes that wait for approvals.</summary>
    public async Task<NodeGovernance> GetGovernanceAsync(CancellationToken cancellation) =>
        await _connection.GetAsync("v1/governance", NodeJson.Default.NodeGovernance, _options.ReadPatience, cancellation)
            .ConfigureAwait(false) ?? throw NoNode();

    /// <summary>Hands in the approvals of a proposal. May be repeated: what the node knows is not sealed twice.</summary>
    /// <exception cref="NodeException">The node cannot be reached, or the approvals do not count there.</exception>
    public async Task<NodeProposalReceipt> SubmitAsync(ProposalFile proposal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        NodeAnswer answer = await _connection
            .AskAsync(
                HttpMethod.Post, "v1/governance", "application/json", (proposal.Encode(), "application/cbor"),
                _options.ReadPatience, cancellation)
            .ConfigureAwait(false);
        return answer.Succeeded
            ? _connection.Read(answer, NodeJson.Default.NodeProposalReceipt)
            : throw _connection.Refusal(answer);
    }

    public async Task<IReadOnlyList<NodePeer>> GetPeersAsync(CancellationToken cancellation) =>
        (await _connection.GetAsync("v1/peers", NodeJson.Default.Peers, _options.ReadPatience, cancellation)
            .ConfigureAwait(false) ?? throw NoNode()).Items;

    /// <summary>Null if the node does not hold it.</summary>
    public Task<RecordSummary?> GetRecordAsync(RecordId id, CancellationToken cancellation) =>
        _connection.GetAsync($"v1/records/{id}", NodeJson.Default.RecordSummary, _options.ReadPatience, cancellation);

    /// <summary>Null if no record of the stream has settled.</summary>
    public Task<StreamSummary?> GetStreamAsync(StreamId stream, CancellationToken cancellation) =>
        _connection.GetAsync(
            $"v1/streams/{stream}", NodeJson.Default.StreamSummary, _options.ReadPatience, cancellation);

    /// <summary>
    /// Has the node, and all that it tells, keep the stream's records out of blocks for 24 hours, but for those of the
    /// recovery key (rule S16). Its answer means that the node keeps to it through a restart.
    /// </summary>
    /// <exception cref="NodeException">The node does not heed it, or does not answer.</exception>
    public async Task<StreamFreezeSummary> FreezeAsync(Freeze freeze, CancellationToken cancellation)
    {
        NodeAnswer answer = await _connection
            .AskAsync(
                HttpMethod.Post, $"v1/streams/{freeze.Stream}/freeze", "application/json",
                (freeze.Bytes, "application/cbor"), _options.Patience, cancellation)
            .ConfigureAwait(false);
        return answer.Succeeded
            ? _connection.Read(answer, NodeJson.Default.StreamFreezeSummary)
            : throw _connection.Refusal(answer);
    }

    /// <summary>For sending the records of a chain file as they come, with the patience of a question.</summary>
    internal ChainSubmission Follow(ChainReader chain, string path) => new(
        _connection, _options with { Patience = _options.ReadPatience }, chain, path, progress: null);

    public void Dispose() => _connection.Dispose();

    private async Task<byte[]> DownloadAsync(string query, CancellationToken cancellation)
    {
        NodeAnswer answer = await _connection
            .AskAsync(HttpMethod.Get, query, null, null, _options.ReadPatience, cancellation)
            .ConfigureAwait(false);
        return answer.Succeeded ? answer.Body : throw _connection.Refusal(answer);
    }

    private NodeException NoNode() => new(
        NodeError.Misunderstood, $"What answers at {Node} is no Ledger node. Check the address.");

    private static string Word(EvidenceFormat format) => format switch
    {
        EvidenceFormat.Cbor => "cbor",
        EvidenceFormat.Json => "json",
        EvidenceFormat.Ots => "ots",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
