using Xunit.Abstractions;

namespace Ledger.Runtime.Tests;

/// <summary>A set of validators that changes while it works: <see cref="ChangingSet"/>.</summary>
public sealed class ChangingSetTests(ITestOutputHelper output)
{
    [Fact]
    public void Five_changes_under_load_lose_no_record_and_evidence_of_every_stage_verifies_from_genesis() =>
        Run(seed: 61);

    [Fact]
    [Trait("Tier", "full")]
    public void Five_changes_under_load_lose_no_record_in_twenty_histories()
    {
        for (int seed = 62; seed < 82; seed++)
        {
            Run(seed);
        }
    }

    private void Run(int seed)
    {
        ChangingSet run = new(seed, every: TimeSpan.FromMilliseconds(200));
        run.ChangeFiveTimes();
        output.WriteLine($"seed {seed}: {run.Records} records, {run.Height} blocks, {run.Files} files of evidence");
    }
}
