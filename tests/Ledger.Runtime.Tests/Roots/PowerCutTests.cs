using Ledger.Anchoring.Roots;
using Ledger.Core;
using Ledger.Core.Log;
using Ledger.Records;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Roots;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests.Roots;

/// <summary>
/// The product's node and its roots on virtual time, and the power cut at every single write: whatever was answered gets
/// its root, and one.
/// </summary>
public sealed class PowerCutTests
{
    [Fact]
    public void Wherever_the_power_is_cut_every_digest_that_was_answered_gets_one_root() =>
        Assert.Empty(Sweep(RootRules.Sound));

    /// <summary>The switches: each rule broken, the same cuts, and something is found.</summary>
    [Fact]
    public void An_answer_before_the_disk_has_it_is_found() => Found(new Hasty(), "is lost");

    [Fact]
    public void A_root_that_is_sealed_before_its_tree_is_kept_is_found() => Found(new SealsFirst(), "is a leaf of 2 records");

    [Fact]
    public void A_record_that_is_sealed_again_unlooked_for_is_found() => Found(new Blind(), "is a leaf of 2 records");

    [Fact]
    public void A_digest_that_is_taken_for_new_again_is_found() => Found(new Forgetful(), "is a leaf of several");

    [Fact]
    public void A_store_that_says_written_before_it_has_synced_is_found() =>
        Assert.Contains(Sweep(RootRules.Sound, syncs: false), fault => fault.Contains("is lost"));

    private static void Found(RootRules broken, string fault) =>
        Assert.Contains(Sweep(broken), found => found.Contains(fault));

    /// <summary>Faults of all runs: one without a cut, and one for each write of that run.</summary>
    private static List<string> Sweep(RootRules rules, bool syncs = true)
    {
        Run whole = new(rules, null, syncs);
        List<string> faults = [.. whole.Play()];
        Assert.True(whole.Writes > 20, $"{whole.Writes} writes are too few to cut between.");
        for (long cut = 1; cut <= whole.Writes; cut++)
        {
            faults.AddRange(new Run(rules, cut, syncs).Play().Select(fault => $"cut at write {cut}: {fault}"));
        }

        return faults;
    }

    private sealed class Hasty : RootRules
    {
        public override bool AnswersOnceDurable => false;
    }

    private sealed class SealsFirst : RootRules
    {
        public override bool SavesTreeFirst => false;
    }

    private sealed class Blind : RootRules
    {
        public override bool LooksBeforeItSealsAgain => false;
    }

    private sealed class Forgetful : RootRules
    {
        public override bool KnowsDigestsAgain => false;
    }

    /// <summary>One node of one validator, its roots, and three integrators who send again what was not answered.</summary>
    private sealed class Run
    {
        private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

        /// <summary>When, and which digests; some come twice.</summary>
        private static readonly (double Seconds, int[] Digests)[] Script =
            [(1, [0, 1, 2]), (1, [3, 1]), (1.5, [4, 5]), (4, [6, 6, 0]), (4.2, [7, 8]), (8, [9])];

        private readonly RootRules _rules;
        private readonly VirtualNetwork _time = new(1, new LinkQuality(), (_, _, _) => { });
        private readonly HashSet<Digest> _answered = [];
        private readonly List<(Digest[] Digests, Task<DigestOutcome> Answer)> _asked = [];
        private MemoryStore _store;
        private VirtualClock _clock = null!;
        private LedgerNode _node = null!;
        private RootDriver _roots = null!;

        public Run(RootRules rules, long? cut, bool syncs)
        {
            _rules = rules;
            _store = new MemoryStore { SyncWrites = syncs, FailWrite = cut };
        }

        public long Writes => _store.Writes;

        private static DateTimeOffset Epoch =>
            DateTimeOffset.FromUnixTimeMilliseconds((long)TestNetwork.Genesis.Time.Milliseconds + 5_000);

        public List<string> Play()
        {
            OrCrash(Start);
            int said = 0;
            TimeSpan end = TimeSpan.FromSeconds(40);
            while (_time.Now < end)
            {
                for (; said < Script.Length && TimeSpan.FromSeconds(Script[said].Seconds) <= _time.Now; said++)
                {
                    Ask([.. Script[said].Digests.Select(number => Digest.Of([(byte)number]))]);
                }

                OrCrash(Pass);
                Hear();
            }

            return [.. Faults()];
        }

        private void Ask(Digest[] digests) => _asked.Add((digests, _roots.SubmitAsync(digests)));

        private void Hear()
        {
            foreach ((Digest[] digests, Task<DigestOutcome> answer) in _asked.Where(asked => asked.Answer.IsCompleted).ToList())
            {
                _asked.Remove((digests, answer));
                if (answer.IsCompletedSuccessfully && answer.Result.Refusal is null)
                {
                    _answered.UnionWith(digests);
                }
                else
                {
                    Ask(digests);
                }
            }
        }

        private void Pass()
        {
            _roots.WriteWaiting();
            Work();
            _roots.Turn();
            Work();
            _time.RunUntil(_time.Now + Tick);
            Work();
        }

        private void OrCrash(Action step)
        {
            try
            {
                step();
            }
            catch (IOException)
            {
                // Answers that were on their way arrive; whoever has none sends again.
                Hear();
                _clock.Stopped = true;
                _store = _store.PowerCut();
                (_store.FailWrite, _store.SyncWrites) = (null, true);
                Start();
                List<Digest[]> unanswered = [.. _asked.Select(asked => asked.Digests)];
                _asked.Clear();
                unanswered.ForEach(Ask);
            }
        }

        private void Start()
        {
            _clock = new VirtualClock(Epoch, TimeSpan.Zero, () => _time.Now, _time.After, Work);
            _node = new LedgerNode(
                new NodeSettings { VoteKey = TestNetwork.VoteKey, StreamKey = TestNetwork.StreamKey, Name = "alpha" },
                TestNetwork.Genesis, _store, _clock, new Zeros());
            _node.Prepare();
            Work();
            _roots = new RootDriver(_node, _clock, RootLimits.Usual, RootPolicy.Usual, _rules);
        }

        private void Work()
        {
            while (_node.RunReady())
            {
            }
        }

        private IEnumerable<string> Faults()
        {
            Dictionary<Digest, int> roots = SettledRoots();
            HashSet<Digest> batches = [.. _roots.Store.Batches.Select(batch => batch.Root)];
            foreach ((Digest root, int times) in roots.Where(root => root.Value > 1 || !batches.Contains(root.Key)))
            {
                yield return $"what is under root {root} is a leaf of {times} records that {(batches.Contains(root) ? "one" : "no")} batch names";
            }

            foreach (Digest digest in _answered)
            {
                if (_roots.Store.Find(digest) is not { } number)
                {
                    yield return $"answered digest {digest} is lost";
                }
                else if (_roots.Store.BatchOf(number) is not { Record: { } id } batch
                    || _node.Store.Placement(id) is null
                    || !IsLeaf(batch, number, digest)
                    || !_node.Store.Record(id)!.BodyMember("root"u8).EndsWith(batch.Root.Span))
                {
                    yield return $"answered digest {digest} has no settled root";
                }
            }

            int leaves = _roots.Store.Batches.Sum(batch => batch.Count);
            if (leaves != 10)
            {
                yield return $"one of 10 digests is a leaf of several trees or of none: {leaves} leaves";
            }
        }

        private bool IsLeaf(RootBatch batch, ArrivalNumber number, Digest digest)
        {
            try
            {
                return _roots.Store.Inclusion(batch, number).Verify(new EntryHash(digest), batch.Root);
            }
            catch (StoreCorruptException)
            {
                return false;
            }
        }

        /// <summary>Roots in the log, and how many records name each.</summary>
        private Dictionary<Digest, int> SettledRoots() => _store.Scan(Table.Entries, [], null)
            .Select(pair => _node.Store.Record(new RecordId(pair.Value))!)
            .Where(record => record.Kind == RecordKind.Root)
            .GroupBy(record => new Digest(record.BodyMember("root"u8)[^Digest.Size..]))
            .ToDictionary(group => group.Key, group => group.Count());
    }

    private sealed class Zeros : IRandomness
    {
        public void Fill(Span<byte> destination) => destination.Clear();
    }
}
