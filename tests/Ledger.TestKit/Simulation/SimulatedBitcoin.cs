using System.Buffers.Binary;
using System.Security.Cryptography;
using Ledger.Anchoring;
using Ledger.Core;
using Ledger.Runtime.Ports;
using Random = System.Random;

namespace Ledger.TestKit.Simulation;

/// <summary>
/// A Bitcoin network in virtual time, as one operator's daemon shows it: a pool of transactions, blocks with real
/// headers at regtest's difficulty, fee spikes in which nothing of ours is mined, outages, and reorganisations of any
/// depth. Each transaction spends the coin of the one before, so two for one batch would show. One seed, one history.
/// </summary>
/// <param name="now">The time that headers carry.</param>
public sealed class SimulatedBitcoin(int seed, Func<DateTimeOffset> now) : IMinedBitcoin
{
    private readonly Random _random = new(seed);
    private readonly List<Block> _chain = [];
    private readonly Dictionary<Digest, AnchorTransactionBytes> _known = [];
    private readonly HashSet<Digest> _mined = [];
    private readonly List<Digest> _pool = [];
    private uint _coins;

    public string Network => "regtest";

    /// <summary>The daemon does not answer.</summary>
    public bool Gone { get; set; }

    /// <summary>Others pay more: what waits in the pool is not mined.</summary>
    public bool FeesAreHigh { get; set; }

    /// <summary>Told of the block that a transaction commits to, when it is first handed to the network.</summary>
    public Action<BlockId> Sending { get; init; } = _ => { };

    /// <summary>Transactions that were ever handed to the network: each is paid for.</summary>
    public int Sent => _known.Count;

    public uint Height => (uint)_chain.Count;

    public byte[] Headers => [.. _chain.SelectMany(block => block.Header)];

    /// <summary>
    /// The block that a transaction commits to; null for one that never was in a Bitcoin block, reorganised or not.
    /// </summary>
    public BlockId? Mined(Digest transaction) =>
        _mined.Contains(transaction) && _known.TryGetValue(transaction, out AnchorTransactionBytes? known)
            ? BlockOf(known)
            : null;

    /// <summary>The next block: a coinbase, and what waits in the pool unless fees are high.</summary>
    public void Mine()
    {
        List<Digest> transactions = [Random32(), .. FeesAreHigh ? [] : _pool];
        if (!FeesAreHigh)
        {
            _pool.Clear();
        }

        _mined.UnionWith(transactions);
        _chain.Add(new Block(transactions, MineHeader(Root(transactions))));
    }

    /// <summary>The last blocks never were. Their transactions wait again, or are forgotten by every pool.</summary>
    public void Reorganise(int depth, bool forgetsTransactions)
    {
        for (int i = 0; i < depth && _chain.Count > 0; i++)
        {
            foreach (Digest transaction in _chain[^1].Transactions.Skip(1).Where(_ => !forgetsTransactions))
            {
                _pool.Add(transaction);
            }

            _chain.RemoveAt(_chain.Count - 1);
        }
    }

    public Task<uint> HeightAsync(CancellationToken stop) => Answer(() => Height);

    public Task<AnchorTransactionBytes> BuildAsync(BlockId block, CancellationToken stop) => Answer(() =>
    {
        byte[] script = [0x6a, 36, .. "OARL"u8, .. block.Value.Span];
        byte[] coin = new byte[32];
        BinaryPrimitives.WriteUInt32BigEndian(coin, ++_coins);
        byte[] transaction =
        [
            2, 0, 0, 0,
            1, .. coin, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
            1, .. new byte[8], (byte)script.Length, .. script,
            0, 0, 0, 0,
        ];
        return new AnchorTransactionBytes(Twice(transaction), transaction, transaction);
    });

    public Task SendAsync(AnchorTransactionBytes transaction, CancellationToken stop) => Answer(() =>
    {
        if (_known.TryAdd(transaction.Id, transaction))
        {
            Sending(BlockOf(transaction));
        }

        if (Find(transaction.Id) is null && !_pool.Contains(transaction.Id))
        {
            _pool.Add(transaction.Id);
        }

        return true;
    });

    public Task<(TransactionStanding Standing, uint Confirmations, Digest? Block)> StatusAsync(
        Digest transaction, CancellationToken stop) => Answer<(TransactionStanding, uint, Digest?)>(() =>
    {
        if (Find(transaction) is { } at)
        {
            return (TransactionStanding.InBlock, Height - (uint)at, Twice(_chain[at].Header));
        }

        return (_pool.Contains(transaction) ? TransactionStanding.InMempool : TransactionStanding.Dropped, 0, null);
    });

    public Task<AnchorProofBytes> ProofAsync(
        BlockId block, Digest transaction, Digest bitcoinBlock, CancellationToken stop) => Answer(() =>
    {
        if (Find(transaction) is not { } at || Twice(_chain[at].Header) != bitcoinBlock)
        {
            throw new BitcoinException("The transaction is not in that block any more.");
        }

        Block found = _chain[at];
        int index = found.Transactions.IndexOf(transaction);
        uint seconds = BinaryPrimitives.ReadUInt32LittleEndian(found.Header.AsSpan(68));
        return new AnchorProofBytes(
            bitcoinBlock, (uint)at + 1, new UnixTime(seconds * 1_000UL), (uint)index,
            [.. Branch(found.Transactions, index)], found.Header);
    });

    private static BlockId BlockOf(AnchorTransactionBytes transaction)
    {
        ReadOnlySpan<byte> bytes = transaction.Stripped.Span;
        return new BlockId(new Digest(bytes.Slice(bytes.IndexOf("OARL"u8) + 4, Digest.Size)));
    }

    private int? Find(Digest transaction)
    {
        int at = _chain.FindIndex(block => block.Transactions.Contains(transaction));
        return at < 0 ? null : at;
    }

    private Task<T> Answer<T>(Func<T> answer)
    {
        try
        {
            return Gone
                ? throw new BitcoinException("The Bitcoin daemon does not answer. Records settle, anchors wait.")
                : Task.FromResult(answer());
        }
        catch (BitcoinException exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    private static Digest Root(IReadOnlyList<Digest> level)
    {
        while (level.Count > 1)
        {
            level = Parents(level);
        }

        return level[0];
    }

    private static IEnumerable<Digest> Branch(IReadOnlyList<Digest> level, int index)
    {
        for (; level.Count > 1; level = Parents(level), index /= 2)
        {
            yield return level[Math.Min(index ^ 1, level.Count - 1)];
        }
    }

    /// <summary>The last of an odd level is its own neighbour.</summary>
    private static List<Digest> Parents(IReadOnlyList<Digest> level) =>
        [.. Enumerable.Range(0, (level.Count + 1) / 2).Select(i =>
            Twice([.. level[2 * i].Span, .. level[Math.Min((2 * i) + 1, level.Count - 1)].Span]))];

    private byte[] MineHeader(Digest root)
    {
        byte[] header = new byte[80];
        header[0] = 2;
        (_chain.Count > 0 ? Twice(_chain[^1].Header) : Digest.Zero).CopyTo(header.AsSpan(4));
        root.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), (uint)now().ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), 0x207fffff);
        for (uint nonce = 0; Twice(header).Span[31] >= 0x7f; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
        }

        return header;
    }

    private Digest Random32()
    {
        byte[] bytes = new byte[32];
        _random.NextBytes(bytes);
        return new Digest(bytes);
    }

    private static Digest Twice(ReadOnlySpan<byte> bytes) => new(SHA256.HashData(SHA256.HashData(bytes)));

    /// <param name="Transactions">The coinbase first.</param>
    private sealed record Block(List<Digest> Transactions, byte[] Header);
}
