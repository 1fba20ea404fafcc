using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>Deliberate bugs around a replica in a story, one each.</summary>
internal static class BrokenDrivers
{
    public sealed class TakesAFullDiskForDone : DriverRules
    {
        public override bool WaitsForSpace => false;
    }

    public sealed class VouchesForWhatItLacks : DriverRules
    {
        public override bool FetchesBeforeItVouches => false;
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
