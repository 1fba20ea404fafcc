using Ledger.Runtime;

namespace Ledger.Node.Hosting;

/// <summary>Writes what an operator wants to find in the log later; a slow log loses the oldest lines and slows nothing.</summary>
internal static partial class EventLog
{
    /// <summary>Until the token fires.</summary>
    public static async Task FollowAsync(LedgerNode node, ILogger log, CancellationToken stop)
    {
        using NodeEvents.Subscription events = node.Events.Subscribe();
        try
        {
            await foreach (NodeEvent happened in events.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                Write(log, happened);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private static void Write(ILogger log, NodeEvent happened)
    {
        switch (happened)
        {
            case JoinedBySnapshot joined:
                Joined(log, joined.Height.Value);
                break;
            case PeerLied lied:
                Lied(log, lied.Peer.ToString(), lied.Fault);
                break;
            case ProposalRefused refused:
                Refused(log, refused.Height.Value, refused.Block.ToString(), refused.Fault);
                break;
            case RecordDisplaced displaced:
                Displaced(log, displaced.Record.ToString());
                break;
            case ProblemsChanged { Problems.IsEmpty: true }:
                Well(log);
                break;
            case ProblemsChanged changed:
                Problems(log, string.Join(" ", changed.Problems));
                break;
        }
    }

    [LoggerMessage(LogLevel.Information, "Joined by a snapshot at block {Height}; what was before is being fetched.")]
    private static partial void Joined(ILogger log, ulong height);

    [LoggerMessage(LogLevel.Warning, "Peer {Peer} sent what no honest peer sends, and is asked nothing more: {Fault}.")]
    private static partial void Lied(ILogger log, string peer, string fault);

    [LoggerMessage(LogLevel.Warning, "Block {Block}, proposed at height {Height}, is refused: {Fault}.")]
    private static partial void Refused(ILogger log, ulong height, string block, string fault);

    [LoggerMessage(LogLevel.Warning, "Record {Record} was acknowledged here, and its stream settled with another history.")]
    private static partial void Displaced(ILogger log, string record);

    [LoggerMessage(LogLevel.Warning, "{Problems}")]
    private static partial void Problems(ILogger log, string problems);

    [LoggerMessage(LogLevel.Information, "All is well again.")]
    private static partial void Well(ILogger log);
}
