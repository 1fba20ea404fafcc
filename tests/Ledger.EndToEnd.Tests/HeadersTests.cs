using System.Text.Json;
using Ledger.EndToEnd.Tests.Network;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary><c>verify --headers</c>: the reader brings Bitcoin's best chain along.</summary>
[Collection(OneDevnet.Name)]
[Trait("Tier", "process")]
public sealed class HeadersTests(DevnetFixture devnet)
{
    private const int HeaderBytes = 80;

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task An_anchor_has_to_stand_among_the_headers_that_the_reader_has()
    {
        using TempFolder folder = new();
        string file = folder.Of("record.evidence"), trust = folder.Of("trust.json"), headers = folder.Of("headers");
        await File.WriteAllBytesAsync(file, devnet.RecordEvidence);
        await File.WriteAllTextAsync(trust, devnet.Net.TrustJson);
        byte[] all = await ReadHeadersAsync();

        await File.WriteAllBytesAsync(headers, all);
        Ran whole = await Cli.RunAsync("verify", file, "--trust", trust, "--headers", headers, "--json");
        Assert.True(whole.Code == 0, whole.ToString());
        using JsonDocument verdict = JsonDocument.Parse(whole.Out);
        string block = verdict.RootElement.GetProperty("anchored").GetProperty("block").GetString()!;
        uint height = (await devnet.Net.BitcoinAsync("getblockheader", block)).GetProperty("height").GetUInt32();

        await File.WriteAllBytesAsync(headers, all[..((int)height * HeaderBytes)]);
        Ran before = await Cli.RunAsync("verify", file, "--trust", trust, "--headers", headers);
        Assert.True(
            before.Code == 1 && before.Out.StartsWith("INVALID at record 0, bitcoin", StringComparison.Ordinal),
            before.ToString());

        all[HeaderBytes + 4] ^= 1;
        await File.WriteAllBytesAsync(headers, all);
        Ran broken = await Cli.RunAsync("verify", file, "--trust", trust, "--headers", headers);
        AssertUsage(broken, "(offset ");
        Ran unpinned = await Cli.RunAsync("verify", file, "--headers", headers);
        AssertUsage(unpinned, "--trust FILE");
    }

    private static void AssertUsage(Ran ran, string says) =>
        Assert.True(ran.Code == 64 && ran.Error.Contains(says, StringComparison.Ordinal), ran.ToString());

    private async Task<byte[]> ReadHeadersAsync()
    {
        int height = (await devnet.Net.BitcoinAsync("getblockcount")).GetInt32();
        using MemoryStream all = new();
        for (int at = 0; at <= height; at++)
        {
            string hash = (await devnet.Net.BitcoinAsync("getblockhash", at)).GetString()!;
            JsonElement header = await devnet.Net.BitcoinAsync("getblockheader", hash, false);
            all.Write(Convert.FromHexString(header.GetString()!));
        }

        return all.ToArray();
    }
}
