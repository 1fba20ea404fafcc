using Ledger.TestKit;

namespace Ledger.Node.Tests.Setting;

/// <summary>Waits until a node has nothing of its own left to write: its genesis record and the empty block behind it.</summary>
internal static class Quiet
{
    public static async Task WaitAsync(NodeUnderTest node, MemoryStore store)
    {
        long writes = -1;
        while (writes != store.Writes || node.Node.Head.LastHadContent || node.Node.Waiting.Records > 0)
        {
            writes = store.Writes;
            await Task.Delay(400);
        }
    }
}
