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
