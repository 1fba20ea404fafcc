using System.Text.Json;
using Ledger.EndToEnd.Tests.Network;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>What ./run --once rests on.</summary>
[Trait("Tier", "process")]
public sealed class TourTests
{
    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task The_tour_verifies_refuses_a_flipped_copy_settles_without_one_peer_and_says_why_without_two()
    {
        using TempFolder folder = new();
        Ran ran = await Cli.RunAsync("tour", "--once", "--json", "--dir", folder.Of("tour"));
        Assert.True(ran.Code == 0, ran.ToString());
        using JsonDocument said = JsonDocument.Parse(ran.Out);
        Assert.Equal("VERIFIED", Verdict(said, "verification"));
        Assert.Equal("INVALID", Verdict(said, "flipped"));
        ulong without = said.RootElement.GetProperty("settledWithoutOnePeer").GetUInt64();
        JsonElement stuck = said.RootElement.GetProperty("stuck");
        Assert.True(without > 0);
        Assert.Equal(
            ["gamma", "delta"], stuck.GetProperty("missing").EnumerateArray().Select(name => name.GetString()));
        Assert.Matches(
            "^Waits for (prevotes|precommits) of more than two thirds of the power: has 2 of 4, needs 3; "
            + "no word from gamma and delta ",
            stuck.GetProperty("waitsFor").GetString());
        Assert.True(stuck.GetProperty("settledAfter").GetUInt64() > without);
        Assert.Empty(await Processes.LeftAfterAsync(TimeSpan.FromSeconds(60), () => Processes.Naming(folder.Path)));
    }

    [TheoryThatNeeds("bitcoind", "rocksdb")]
    [InlineData("/bin/false")]
    [InlineData("/no/such/bitcoind")]
    public async Task A_Bitcoin_daemon_that_does_not_start_is_said_in_one_message(string daemon)
    {
        using TempFolder folder = new();
        Ran ran = await Cli.RunAsync([("LEDGER_BITCOIND", daemon)], ["tour", "--once", "--dir", folder.Of("tour")]);
        Assert.Equal(1, ran.Code);
        Assert.Contains("bitcoind", ran.Error);
        Assert.DoesNotContain("   at ", ran.Error); // no stack trace
        Assert.Empty(await Processes.LeftAfterAsync(TimeSpan.FromSeconds(60), () => Processes.Naming(folder.Path)));
    }

    private static string? Verdict(JsonDocument document, string which) =>
        document.RootElement.GetProperty(which).GetProperty("verdict").GetString();
}
