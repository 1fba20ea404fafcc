using System.Text.Json;
using Ledger.TestKit;

namespace Ledger.Scripts.Tests.Docker;

/// <summary>docker/compose.yaml against the subset of the specification, and the subset against bad files.</summary>
public sealed class ComposeTests
{
    private static readonly string Folder = Checkout.PathOf("docker");
    private static readonly string Yaml = File.ReadAllText(Checkout.PathOf("docker", "compose.yaml"));

    [Fact]
    public void The_file_is_sound() => Assert.Empty(ComposeSubset.Check(Yaml, Folder));

    [Theory]
    [InlineData("  miner:\n", "  miner:\n    priviledged: true\n", "outside the subset")]
    [InlineData("condition: service_healthy", "condition: service_happy", "wrong shape")]
    [InlineData("      bitcoind:\n        condition", "      bitcoin:\n        condition", "'bitcoin', which services")]
    [InlineData("networks: [bitcoin]", "networks: [bitcoins]", "'bitcoins', which networks")]
    [InlineData("\"bitcoin:/var", "\"coins:/var", "'coins', which volumes")]
    [InlineData("source: beta,", "source: zeta,", "'zeta', which configs")]
    [InlineData("127.0.0.1:8081:8080", "127.0.0.1:8081", "wrong shape")]
    [InlineData("./config/alpha.json", "./config/omega.json", "names no file")]
    [InlineData("docker/bitcoind.Dockerfile", "docker/none.Dockerfile", "does not exist")]
    [InlineData("    image: ledger-bitcoind\n    entrypoint", "    entrypoint", "neither image nor build")]
    [InlineData("stop_grace_period: 30s", "stop_grace_period: soon", "wrong shape")]
    [InlineData("\nvolumes:\n", "\nvolume:\n", "does not know")]
    [InlineData("services:", "services: [", "no YAML")]
    public void A_file_with_one_mistake_is_refused_for_that_mistake(string right, string wrong, string reason)
    {
        Assert.Contains(right, Yaml);
        Assert.Contains(ComposeSubset.Check(Yaml.Replace(right, wrong), Folder), fault => fault.Contains(reason));
    }

    [Theory]
    [InlineData("alpha")]
    [InlineData("beta")]
    [InlineData("gamma")]
    [InlineData("delta")]
    public void A_peers_settings_name_it_its_port_and_a_wallet_of_its_own(string peer)
    {
        string text = File.ReadAllText(Path.Combine(Folder, "config", $"{peer}.json"));
        JsonElement settings = JsonDocument.Parse(text).RootElement;
        Assert.Equal(peer, settings.GetProperty("name").GetString());
        Assert.Equal("0.0.0.0:8080", settings.GetProperty("http").GetString());
        Assert.Equal(peer, settings.GetProperty("bitcoin").GetProperty("wallet").GetString());
        Assert.Equal("regtest", settings.GetProperty("bitcoin").GetProperty("network").GetString());
    }
}
