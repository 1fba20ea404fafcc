using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Network.Addresses;
using Ledger.Network.Chain;
using Ledger.Network.Identity;
using Ledger.Runtime;
using Ledger.Runtime.Ports;
using Ledger.Storage;
using Ledger.TestKit;

namespace Ledger.Benchmarks;

/// <summary>
/// A new node joins a chain of so many records, from one peer, over libp2p on loopback with RocksDB on both sides: once
/// by blocks, once by a snapshot. Both nodes share this process and its cores.
/// </summary>
internal static class JoinBenchmark
{
    private const int BlockRecords = 10;

    private static readonly TimeSpan HistoryLength = TimeSpan.FromDays(10);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    public static async Task<int> RunAsync(int records)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string folder = Directory.CreateTempSubdirectory("ledger-join-").FullName;
        try
        {
            using RocksStore history = RocksStore.Open(Path.Combine(folder, "history"));
            int blocks = (records + BlockRecords - 1) / BlockRecords;
            Height head = LongHistory.Write(
                history, TestNetwork.Genesis, records, BlockRecords, HistoryLength / blocks);
            Console.WriteLine($"{records:N0} records in {head.Value:N0} blocks over {HistoryLength.Days} days.");
            await JoinAsync(history, head, Path.Combine(folder, "blocks"), null);
            await JoinAsync(history, head, Path.Combine(folder, "snapshot"), 1);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task JoinAsync(RocksStore history, Height head, string folder, int? snapshotBlocks)
    {
        using RocksStore fresh = RocksStore.Open(folder);
        await using ChainPeers servingPeers = Peers([]);
        await using LedgerNode serving = NodeOf(history, servingPeers, null);
        await StartAsync(serving, servingPeers);
        await using ChainPeers joiningPeers = Peers([servingPeers.Addresses[0]]);
        await using LedgerNode joining = NodeOf(fresh, joiningPeers, snapshotBlocks);
        Stopwatch watch = Stopwatch.StartNew();
        await StartAsync(joining, joiningPeers);
        await UntilAsync(joining, () => joining.Head.Height >= head);
        Require(joining.Head.Streams == serving.Head.Streams && joining.Head.Log.Root == serving.Head.Log.Root);
        string how = snapshotBlocks is null ? "by blocks" : "by a snapshot";
        Console.WriteLine($"joined {how}: at the head after {watch.Elapsed.TotalSeconds:F1} s.");
        if (snapshotBlocks is not null)
        {
            Require(joining.Store.JoinedAt > Height.Zero);
            await UntilAsync(joining, () => joining.Store.HeldFrom.Value == 1);
            Console.WriteLine($"joined {how}: the whole past is held after {watch.Elapsed.TotalSeconds:F1} s.");
        }
    }

    private static LedgerNode NodeOf(RocksStore store, ChainPeers peers, int? snapshotBlocks) => new(
        new NodeSettings { Name = "follower", SnapshotBlocks = snapshotBlocks }, TestNetwork.Genesis, store,
        TimeProvider.System, new Chance(), peers);

    private static ChainPeers Peers(Multiaddr[] dial) => new(new ChainPeersOptions
    {
        Identity = PeerKey.Generate(),
        Chain = TestNetwork.Genesis.Chain,
        Admits = _ => true,
        Listen = [new Multiaddr(HostKind.Ip4, "127.0.0.1", 0, null)],
        Dial = dial,
    });

    private static async Task StartAsync(LedgerNode node, ChainPeers peers)
    {
        node.Start();
        await node.Started.WaitAsync(Patience);
        peers.Start();
    }

    private static async Task UntilAsync(LedgerNode node, Func<bool> holds)
    {
        for (long start = Environment.TickCount64; !holds(); await Task.Delay(20))
        {
            Require(!node.Completion.IsCompleted && Environment.TickCount64 - start < Patience.TotalMilliseconds);
        }
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("The join did not come to what the serving node holds.");
        }
    }

    private sealed class Chance : IRandomness
    {
        public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }
}
