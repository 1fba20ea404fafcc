using System.Runtime.CompilerServices;
using Ledger.Storage;

namespace Ledger.Node.Tests.Setting;

/// <summary>
/// The test assembly run as a program: the node's own program over a store that syncs (<c>sync</c>) or not (<c>nosync</c>,
/// the first argument), so that the test of syncing can show that it would notice.
/// </summary>
internal static class NodeWithoutSync
{
    private static Task<int> Main(string[] arguments)
    {
        RocksStoreOptions options = new();
        SetSyncWrites(options, arguments[0] == "sync");
        return Program.RunAsync(arguments[1..], path => RocksStore.Open(path, options));
    }

    /// <summary>Nothing outside the tests can reach the switch.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_SyncWrites")]
    private static extern void SetSyncWrites(RocksStoreOptions options, bool value);
}
