using System.Diagnostics;
using Ledger.Consensus;

namespace Ledger.Simulator;

/// <summary>What a range of seeds has to show.</summary>
internal sealed class Sweep
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<Fault, long> _faults =
        new(Enum.GetValues<Fault>().ToDictionary(fault => fault, _ => 0L));
    private readonly SortedDictionary<ProtocolRule, long> _rules =
        new(Enum.GetValues<ProtocolRule>().ToDictionary(rule => rule, _ => 0L));

    private Sweep(ulong first, ulong last, Bug? bug)
    {
        First = first;
        Last = last;
        Bug = bug;
    }

    public ulong First { get; }

    public ulong Last { get; }

    /// <summary>The deliberate bug that was built in, if any.</summary>
    public Bug? Bug { get; }

    public long Seeds { get; private set; }

    /// <summary>Of the seeds, those with ML-DSA-65; the others have stand-ins.</summary>
    public long SeedsForReal { get; private set; }

    /// <summary>What the seeds with stand-ins took, each on its core.</summary>
    public TimeSpan TimeOfStandIns { get; private set; }

    /// <summary>What the seeds with ML-DSA-65 took, each on its core.</summary>
    public TimeSpan TimeForReal { get; private set; }

    public ulong Heights { get; private set; }

    /// <summary>Of the seed that settled the fewest.</summary>
    public ulong HeightsMin { get; private set; } = ulong.MaxValue;

    public long Records { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Of the seed that had the fewest.</summary>
    public long FaultsMin { get; private set; } = long.MaxValue;

    /// <summary>Anchor records that settled.</summary>
    public long Anchors { get; private set; }

    /// <summary>Reports of misbehaviour.</summary>
    public long Reports { get; private set; }

    /// <summary>
    /// The slowest network to settle <see cref="Plan.HeightsAfterHealing"/> heights once faults stopped.
    /// </summary>
    public long HealedInMsMax { get; private set; }

    /// <summary>How often each kind was injected; with zeros.</summary>
    public IReadOnlyDictionary<Fault, long> Faults => _faults;

    /// <summary>How often each numbered rule fired; with zeros.</summary>
    public IReadOnlyDictionary<ProtocolRule, long> Rules => _rules;

    /// <summary>The lowest seed that broke something, of those that were run until one did.</summary>
    public (ulong Seed, InvariantBrokenException Broken)? Failure { get; private set; }

    /// <summary>Runs all seeds from the first to the last, both included; begins no new one after a failure.</summary>
    /// <param name="cores">How many seeds run at the same time.</param>
    /// <param name="told">Told of each seed that is done, one at a time.</param>
    public static Sweep Run(ulong first, ulong last, int cores, Bug? bug = null, Action<Sweep>? told = null)
    {
        var sweep = new Sweep(first, last, bug);
        ulong next = first;
        Parallel.For(0, cores, new ParallelOptions { MaxDegreeOfParallelism = cores }, _ =>
        {
            while (sweep.TryTake(ref next, out ulong seed))
            {
                try
                {
                    long started = Stopwatch.GetTimestamp();
                    RunReport report = Cluster.Run(seed, bug);
                    sweep.Add(report, Stopwatch.GetElapsedTime(started), told);
                }
                catch (InvariantBrokenException broken)
                {
                    sweep.Fail(seed, broken);
                }
            }
        });
        return sweep;
    }

    private bool TryTake(ref ulong next, out ulong seed)
    {
        lock (_gate)
        {
            seed = next;
            if (Failure is not null || next > Last)
            {
                return false;
            }

            next++;
            return true;
        }
    }

    private void Add(RunReport report, TimeSpan took, Action<Sweep>? told)
    {
        lock (_gate)
        {
            Seeds++;
            if (report.SignsForReal)
            {
                SeedsForReal++;
                TimeForReal += took;
            }
            else
            {
                TimeOfStandIns += took;
            }

            Heights += report.HeightsSettled;
            HeightsMin = Math.Min(HeightsMin, report.HeightsSettled);
            Records += report.Records;
            Steps += report.Steps;
            Reports += report.Reports;
            Anchors += report.Anchors;
            FaultsMin = Math.Min(FaultsMin, report.Faults.Values.Sum());
            HealedInMsMax = Math.Max(HealedInMsMax, report.HealedInMs);
            foreach ((Fault fault, long count) in report.Faults)
            {
                _faults[fault] += count;
            }

            foreach ((ProtocolRule rule, long count) in report.Rules)
            {
                _rules[rule] += count;
            }

            told?.Invoke(this);
        }
    }

    private void Fail(ulong seed, InvariantBrokenException broken)
    {
        lock (_gate)
        {
            if (Failure is not { } known || seed < known.Seed)
            {
                Failure = (seed, broken);
            }
        }
    }
}
