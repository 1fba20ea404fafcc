using System.Collections.Immutable;
using Ledger.Anchoring;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs.Spv;
using Ledger.Records;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Random = System.Random;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests.Anchoring;

/// <summary>
/// The product's node and anchoring on virtual time with a simulated Bitcoin: hours of reorganisations, fee spikes,
/// outages, full disks and crashes, from one seed each.
/// </summary>
public sealed class AnchoringTests
{
    [Fact]
    public void Whatever_Bitcoin_and_the_machine_do_every_record_ends_under_one_final_anchor() => Sweep(12);

    [Fact]
    [Trait("Tier", "full")]
    public void In_three_hundred_histories_every_record_ends_under_one_final_anchor() => Sweep(300);

    private static void Sweep(int seeds)
    {
        HashSet<string> happened = [];
        for (int seed = 1; seed <= seeds; seed++)
        {
            Run run = new(seed);
            run.Trouble(TimeSpan.FromMinutes(40));
            run.Calm(TimeSpan.FromMinutes(20));
            run.AssertAnchored();
            happened.UnionWith(run.Happened);
        }

        Assert.Superset(
            new HashSet<string>
            {
                "crash", "fees", "forgotten", "full", "mined", "outage", "reorganised 1", "reorganised 3",
                "reorganised 10", "seal",
            },
            happened);
    }

    /// <summary>The switch: what is sent and not kept is paid for again after a crash.</summary>
    [Fact]
    public void A_node_that_forgets_its_anchors_in_a_crash_pays_for_more_than_it_has()
    {
        Run run = new(seed: 1) { KeepsAnchors = false };
        run.Trouble(TimeSpan.FromMinutes(40));
        run.Calm(TimeSpan.FromMinutes(20));

        Assert.True(run.Paid > run.Held, $"{run.Paid} paid, {run.Held} held");
    }

    /// <summary>One node of one validator, its anchoring, and a Bitcoin.</summary>
    private sealed class Run
    {
        private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

        private readonly VirtualNetwork _time;
        private readonly Random _random;
        private readonly SimulatedBitcoin _bitcoin;
        private readonly GenesisDocument _genesis;
        private readonly Operator _stream;
        private readonly List<RecordId> _records = [];
        private MemoryStore _store;
        private VirtualClock _clock = null!;
        private LedgerNode _node = null!;
        private AnchorDriver _anchoring = null!;

        public Run(int seed)
        {
            _random = new Random(seed);
            _stream = new Operator(100 + seed);
            _time = new VirtualNetwork(seed, new LinkQuality(), (_, _, _) => { });
            _genesis = TestNetwork.With(admission => admission, new Parameters { AnchorBlocks = 3, AnchorMinutes = 2 });
            _bitcoin = new SimulatedBitcoin(seed, () => Epoch + _time.Now);
            _store = new MemoryStore();
            Start();
        }

        public HashSet<string> Happened { get; } = [];

        public bool KeepsAnchors { get; init; } = true;

        /// <summary>Transactions that went out.</summary>
        public int Paid => _bitcoin.Sent;

        /// <summary>Batches that have one.</summary>
        public int Held => _anchoring.Batches.Count(batch => batch.Transaction is not null);

        private DateTimeOffset Epoch =>
            DateTimeOffset.FromUnixTimeMilliseconds((long)_genesis.Time.Milliseconds + 5_000);

        public void Trouble(TimeSpan length)
        {
            for (TimeSpan end = _time.Now + length; _time.Now < end; Pass(Second))
            {
                One(30, "seal", Seal);
                One(40, "mined", _bitcoin.Mine);
                One(300, "outage", () => _bitcoin.Gone = !_bitcoin.Gone);
                One(300, "fees", () => _bitcoin.FeesAreHigh = !_bitcoin.FeesAreHigh);
                One(300, "full", () => _store.Full = !_store.Full);
                One(200, "reorganised 1", () => _bitcoin.Reorganise(1, forgetsTransactions: false));
                One(400, "reorganised 3", () => _bitcoin.Reorganise(3, forgetsTransactions: false));
                One(900, "forgotten", () => _bitcoin.Reorganise(2, forgetsTransactions: true));
                One(900, "reorganised 10", () => _bitcoin.Reorganise(10, forgetsTransactions: false));
                One(120, "crash", Crash);
            }
        }

        public void Calm(TimeSpan length)
        {
            (_bitcoin.Gone, _bitcoin.FeesAreHigh, _store.Full) = (false, false, false);
            for (TimeSpan end = _time.Now + length; _time.Now < end; Pass(Second))
            {
                One(10, "mined", _bitcoin.Mine);
            }
        }

        public void AssertAnchored()
        {
            ImmutableArray<AnchorBatch> batches = _anchoring.Batches;
            Assert.NotEmpty(batches);
            Assert.All(batches, batch => Assert.Equal(AnchorPhase.Final, batch.Phase));
            Assert.Equal(Held, Paid);
            foreach (RecordId id in _records)
            {
                (_, LogIndex index) = _node.Store.Placement(id)!.Value;
                AnchorProof proof = Assert.IsType<AnchorProof>(_anchoring.Covering(index));
                BlockId anchored = _node.Store.Block(proof.Batch)!.Header.Id;
                SpvProof spv = new(
                    proof.Bitcoin.Tx, new TransactionIndex(proof.Bitcoin.Index), proof.Bitcoin.Branch,
                    proof.Bitcoin.Header, new BitcoinHeight(proof.Bitcoin.Height));
                Assert.True(spv.TryVerify(BitcoinNetwork.Regtest, anchored, null, out _, out SpvError error), $"{error}");
                Assert.Equal(RecordPhase.Anchored, _node.PhaseOf(id));
            }

            Assert.All(batches, batch => Assert.Equal(1, AnchorRecordsOf(batch)));
        }

        private int AnchorRecordsOf(AnchorBatch batch) => _store.Scan(Table.Entries, [], null)
            .Select(pair => _node.Store.Record(new RecordId(pair.Value))!)
            .Count(record => record.Kind == RecordKind.Anchor
                && record.Bytes.Span.IndexOf(batch.Block.Value.Span) >= 0);

        private void One(int inSeconds, string name, Action happens)
        {
            if (_random.Next(inSeconds) == 0)
            {
                Happened.Add(name);
                happens();
            }
        }

        private void Seal()
        {
            byte[] record = _stream.Next();
            SubmissionOutcome outcome = Submit(record);
            while (outcome.Receipt is null)
            {
                // A full disk refuses, and the operator sends again.
                Assert.Equal(RefusalKind.DiskFull, outcome.Refusal!.Kind);
                _store.Full = false;
                outcome = Submit(record);
            }

            _records.Add(outcome.Receipt.Id);
        }

        private SubmissionOutcome Submit(byte[] record)
        {
            var answer = _node.SubmitAsync([record]);
            Work();
            return answer.Result.Single();
        }

        private void Crash()
        {
            _clock.Stopped = true;
            _store = _store.PowerCut();
            _store.Full = false;
            if (!KeepsAnchors)
            {
                StoreBatch forget = new();
                foreach ((byte[] key, _) in _store.Scan(Table.Anchors, [], null))
                {
                    forget.Delete(Table.Anchors, key);
                }

                _store.Write(forget);
            }

            Start();
        }

        private void Start()
        {
            VirtualClock clock = new(Epoch, TimeSpan.Zero, () => _time.Now, _time.After, Work);
            _clock = clock;
            _node = new LedgerNode(
                new NodeSettings { VoteKey = TestNetwork.VoteKey, StreamKey = TestNetwork.StreamKey, Name = "alpha" },
                _genesis, _store, clock, new Zeros());
            _node.Prepare();
            Work();
            _anchoring = new AnchorDriver(_node, _bitcoin, clock);
        }

        private void Pass(TimeSpan time)
        {
            _time.RunUntil(_time.Now + time);
            Task turn = _anchoring.TurnAsync();
            Assert.True(turn.IsCompleted, "A turn waits for Bitcoin alone, which answers at once here.");
            turn.GetAwaiter().GetResult();
            Work();
        }

        private void Work()
        {
            while (_node.RunReady())
            {
            }
        }
    }

    private sealed class Zeros : IRandomness
    {
        public void Fill(Span<byte> destination) => destination.Clear();
    }
}
