using Ledger.Consensus;
using Ledger.Core;

namespace Ledger.Simulator;

/// <summary>Deliberate bugs around a replica, one each.</summary>
internal static class BrokenDrivers
{
    /// <summary>A sync that returns before the data is on the disk.</summary>
    public sealed class SyncsWithoutData : DriverRules
    {
        public override bool SyncsData => false;
    }

    public sealed class TakesAFullDiskForDone : DriverRules
    {
        public override bool WaitsForSpace => false;
    }

    public sealed class LeavesSignaturesUnchecked : DriverRules
    {
        public override bool ChecksSignatures => false;
    }

    public sealed class LeavesCommitsUnchecked : DriverRules
    {
        public override bool ChecksCommits => false;
    }

    public sealed class CountsVotersOfACommitTwice : DriverRules
    {
        public override bool CountsVotersOnce => false;
    }

    public sealed class VouchesForWhatItLacks : DriverRules
    {
        public override bool FetchesBeforeItVouches => false;
    }

    public sealed class AcknowledgesBeforeTheDisk : DriverRules
    {
        public override bool SettlesOnceDurable => false;
    }

    public sealed class SaysNothingAgain : DriverRules
    {
        public override bool SaysAgain => false;
    }

    /// <summary>Takes a second, different message for a copy of the first.</summary>
    public sealed class DropsContradictions : DriverRules
    {
        public override bool HandsInContradictions => false;
    }

    /// <summary>However late a proposal is.</summary>
    public sealed class WaitsForProposersForEver : DriverRules
    {
        public override bool Tells(TimeoutKind kind) => kind != TimeoutKind.Propose;
    }

    /// <summary>Time-outs without their limits.</summary>
    public sealed class TimeOutsGrowForEver : DriverRules
    {
        public override ReplicaTiming Limit(ReplicaTiming timing) => timing with
        {
            Propose = timing.Propose with { Limit = TimeSpan.MaxValue },
            Prevote = timing.Prevote with { Limit = TimeSpan.MaxValue },
            Precommit = timing.Precommit with { Limit = TimeSpan.MaxValue },
        };
    }

    public sealed class OverlooksABackup : DriverRules
    {
        public override bool NoticesBackups => false;
    }

    /// <summary>One height too many is taken for settled.</summary>
    public sealed class CutsTheJournalTooHigh : DriverRules
    {
        public override Height JournalFrom(Height settled) => settled.Next.Next;
    }
}
