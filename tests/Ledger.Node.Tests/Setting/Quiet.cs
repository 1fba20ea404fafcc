using Ledger.TestKit;

namespace Ledger.Node.Tests.Setting;

/// <summary>Waits until a node has nothing of its own left to write: its genesis record and the empty block behind it.</summary>
internal static class Quiet
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static async Task WaitAsync(NodeUnderTest node, MemoryStore store)
    {
        using CancellationTokenSource patience = new(Patience);
        long writes = -1;
        while (writes != store.Writes || node.Node.Head.LastHadContent || node.Node.Waiting.Records > 0)
        {
            await Task.Delay(50, patience.Token);
            writes = store.Writes;

            // Nothing to judge, and answered in turn: what the node had begun before is done.
            await node.Node.SubmitAsync([]);
        }
    }
}
