using Ledger.Consensus.Tests.Simulation;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests;

public sealed class ReplaySeed
{
    [Fact]
    public void Transcript()
    {
        if (Environment.GetEnvironmentVariable("LEDGER_SEED") is { } seed)
        {
            File.WriteAllLines($"/tmp/seed-{seed}.txt", Cluster.Transcribe(ulong.Parse(seed)));
        }
    }
}
