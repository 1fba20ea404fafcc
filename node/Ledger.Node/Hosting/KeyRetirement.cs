using System.Text;
using Ledger.Crypto;
using Ledger.Runtime;

namespace Ledger.Node.Hosting;

/// <summary>
/// A vote key that was in force and is no more is destroyed by its own node: whoever gets hold of it later could sign other
/// blocks of that time. Its file is overwritten in place, so that a start with the same settings goes on without it.
/// Copies, in backups for instance, and what a file system keeps of old contents are the operator's to destroy.
/// </summary>
internal static partial class KeyRetirement
{
    /// <summary>What the file says from then on, before the reason.</summary>
    private const string Title = "ledger destroyed key\n";

    /// <summary>Until the token fires.</summary>
    public static async Task FollowAsync(LedgerNode node, NodeFolder folder, ILogger log, CancellationToken stop)
    {
        using NodeEvents.Subscription events = node.Events.Subscribe();
        try
        {
            Destroy(node, folder, log);
            await foreach (NodeEvent happened in events.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                if (happened is BlockSettledEvent or JoinedBySnapshot)
                {
                    Destroy(node, folder, log);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    public static bool IsDestroyed(ReadOnlySpan<byte> file) => file.StartsWith(Encoding.ASCII.GetBytes(Title));

    private static void Destroy(LedgerNode node, NodeFolder folder, ILogger log)
    {
        foreach ((SigningKey? key, string? file) in new[]
        {
            (folder.VoteKey, folder.File.Keys.Vote), (folder.NextVoteKey, folder.File.Keys.NextVote),
        })
        {
            if (key is null || file is null || !node.IsVoteKeyRetired(key.Id))
            {
                continue;
            }

            string path = Path.Combine(folder.Path, file);
            try
            {
                if (!IsDestroyed(File.ReadAllBytes(path)))
                {
                    Overwrite(path, $"{key.Id} was in force up to change {node.Head.Configuration.Change - 1}.\n");
                    Destroyed(log, path, key.Id.ToString());
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Kept(log, path, exception.Message);
            }
        }
    }

    /// <summary>Of the same length or longer, and on the disk before it is called destroyed.</summary>
    private static void Overwrite(string path, string reason)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1);
        file.Write(new byte[file.Length]);
        file.Flush(flushToDisk: true);
        byte[] text = Encoding.ASCII.GetBytes(Title + reason);
        file.Position = 0;
        file.Write(text);
        file.SetLength(text.Length);
        file.Flush(flushToDisk: true);
    }

    [LoggerMessage(LogLevel.Warning, "The vote key in {Path} ({Key}) is in force no more, and was destroyed. Destroy its copies too.")]
    private static partial void Destroyed(ILogger log, string path, string key);

    [LoggerMessage(LogLevel.Error, "The vote key in {Path} is in force no more, and could not be destroyed: {Reason}. Destroy it.")]
    private static partial void Kept(ILogger log, string path, string reason);
}
