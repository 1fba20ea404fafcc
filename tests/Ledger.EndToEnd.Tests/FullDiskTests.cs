using Ledger.EndToEnd.Tests.Network;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>./run on a disk that is full, at sizes that end it at different stages.</summary>
[Trait("Tier", "full")]
public sealed class FullDiskTests
{
    [TheoryThatNeeds("bitcoind", "rocksdb", "root")]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(72)]
    public async Task A_disk_that_is_full_ends_the_tour_with_a_message_and_leaves_no_process(int mebibytes)
    {
        using SmallDisk disk = new(mebibytes);
        Ran ran = await Cli.RunAsync("tour", "--once", "--validators", "1", "--dir", disk.Sub("tour"));
        Assert.True(ran.Code == 1, ran.ToString());
        Assert.NotEqual("", ran.Error.Trim());
        Assert.DoesNotContain("   at ", ran.Error); // no stack trace
        Assert.Empty(await Processes.LeftAfterAsync(TimeSpan.FromSeconds(60), () => Processes.Naming(disk.Path)));
    }
}
