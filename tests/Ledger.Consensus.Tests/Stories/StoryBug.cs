using Ledger.Simulator;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>A deliberate bug in the replica's rules or in what stands around it in a story.</summary>
internal sealed record StoryBug(SafetyRules Safety, DriverRules Driver)
{
    private static readonly DriverRules[] Drivers =
    [
        new BrokenDrivers.TakesAFullDiskForDone(),
        new BrokenDrivers.VouchesForWhatItLacks(),
        new BrokenDrivers.DropsContradictions(),
        new BrokenDrivers.WaitsForProposersForEver(),
        new BrokenDrivers.TimeOutsGrowForEver(),
        new BrokenDrivers.OverlooksABackup(),
        new BrokenDrivers.CutsTheJournalTooHigh(),
    ];

    public static StoryBug None { get; } = new(SafetyRules.Sound, DriverRules.Sound);

    public static StoryBug Named(string name) =>
        Drivers.FirstOrDefault(driver => driver.GetType().Name == name) is { } driver
            ? None with { Driver = driver }
            : None with { Safety = Bugs.Named(name).Safety };
}
