using Ledger.Anchoring;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Runtime.Ports;
using Ledger.TestKit.Simulation;
using static Ledger.Simulator.Checker;

namespace Ledger.Simulator;

/// <summary>
/// The Bitcoin in which some of the nodes anchor, what the seed does to it, and what must hold of every anchor: on the
/// node's disk, in the transaction, and in the record.
/// </summary>
internal sealed class Anchors
{
    public const string OfSettled = "every anchor is for a settled block";
    private const long BlockEveryMs = 400;

    private readonly World _world;
    private readonly Oracle _oracle;
    private readonly SeededRandom _random;
    private readonly SimulatedBitcoin _bitcoin;

    public Anchors(World world, Oracle oracle)
    {
        _world = world;
        _oracle = oracle;
        _random = world.Random.Fork();
        _bitcoin = new SimulatedBitcoin(_random.Below(int.MaxValue), () => world.Epoch + world.Now)
        {
            Sending = OnSent,
        };
    }

    /// <summary>Anchor records that settled.</summary>
    public int Settled { get; private set; }

    public IBitcoin? BitcoinOf(int node) => _world.Plan.Anchoring.Contains(node) ? _bitcoin : null;

    public void Start()
    {
        Mine();
        Every(2_000, Reorganise);
        Every(4_000, () => ForAWhile(Fault.FeeSpike, high => _bitcoin.FeesAreHigh = high));
        Every(6_000, () => ForAWhile(Fault.BitcoinOutage, gone => _bitcoin.Gone = gone));
    }

    /// <summary>Nothing befalls it any more.</summary>
    public void Calm() => (_bitcoin.FeesAreHigh, _bitcoin.Gone) = (false, false);

    /// <summary>A batch is durable on a node's disk.</summary>
    public void OnSaved(int node, AnchorBatch batch)
    {
        _world.Say(node, $"anchors {batch.Block.Show()} of {batch.Batch}: {batch.Phase}");
        Require(IsSettled(batch.Batch, batch.Block), OfSettled, $"n{node}: {batch.Block} as block {batch.Batch}");
    }

    /// <summary>Records of a block that settled for the first time anywhere.</summary>
    public void OnSettled(Height height, IEnumerable<VerifiedRecord> records)
    {
        foreach (Record record in records.Select(verified => verified.Record)
            .Where(record => record.Kind == RecordKind.Anchor))
        {
            Settled++;
            CborReader at = new(record.BodyMember("height"u8));
            BlockId block = new(DigestOf(record, "block"u8));
            Require(
                at.TryReadUnsigned(out ulong anchored) && anchored < height.Value
                    && IsSettled(new Height(anchored), block)
                    && _bitcoin.Mined(DigestOf(record, "txid"u8)) == block,
                OfSettled,
                $"record {record.Id}, settled at {height}: {block} as block {anchored}");
        }
    }

    private static Digest DigestOf(Record record, ReadOnlySpan<byte> member)
    {
        CborReader reader = new(record.BodyMember(member));
        return reader.TryReadDigest(out Digest digest) ? digest : Digest.Zero;
    }

    private bool IsSettled(Height height, BlockId block) =>
        height.Value > 0 && height <= _oracle.Head.Height && _oracle.IdOf(height) == block;

    private void OnSent(BlockId block) =>
        Require(_oracle.Chain.HeightOf(block) is not null, OfSettled, $"a transaction commits to {block}");

    private void Mine() => _world.After(_random.Between(BlockEveryMs / 2, BlockEveryMs * 2), () =>
    {
        _bitcoin.Mine();
        Mine();
    });

    private void Reorganise()
    {
        if (_bitcoin.Height > 0)
        {
            _world.Count(Fault.BitcoinReorganisation);
            _bitcoin.Reorganise(_random.Pick([1, 1, 1, 2, 3, 10]), forgetsTransactions: _random.Chance(20));
        }
    }

    private void ForAWhile(Fault fault, Action<bool> set)
    {
        _world.Count(fault);
        set(true);
        _world.After(_random.Between(300, 3_000), () => set(false));
    }

    private void Every(long periodMs, Action action) =>
        _world.After(_random.Between(periodMs / 4, periodMs * 2), () =>
        {
            if (_world.Chaos)
            {
                action();
                Every(periodMs, action);
            }
        });
}
