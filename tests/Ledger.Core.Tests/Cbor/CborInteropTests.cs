using System.Diagnostics;
using FsCheck.Fluent;
using Ledger.Core.Cbor;
using Ledger.TestKit;

namespace Ledger.Core.Tests.Cbor;

/// <summary>What we write, read and written again by an implementation that is not ours (npm's cbor).</summary>
[Trait("Tier", "process")]
public sealed class CborInteropTests
{
    private const int Values = 2_000;

    [FactThatNeeds("npm")]
    public void Another_implementation_reads_what_we_write_and_writes_the_same_bytes()
    {
        string[] ours = [.. CborGenerators.Value(6).Sample(Values).Select(value => Hex(value.Encode()))];
        Assert.Equal(ours, Canonical(ours));
    }

    [FactThatNeeds("npm")]
    public void The_same_value_in_another_encoding_comes_back_as_ours_writes_it()
    {
        // A long head, keys in the wrong order, an indefinite length: the other one reads them, we refuse them.
        string[] loose = ["1801", "a26162016161820203", "9f01ff"];
        string[] strict = ["01", "a26161820203616201", "8101"];
        Assert.Equal(strict, Canonical(loose));
        Assert.All(strict, hex => Assert.True(CborValue.TryDecode(Convert.FromHexString(hex), out _, out _)));
        Assert.All(loose, hex => Assert.False(CborValue.TryDecode(Convert.FromHexString(hex), out _, out _)));
    }

    private static string[] Canonical(string[] items)
    {
        ProcessStartInfo start = new("node", [Checkout.PathOf("tests", "interop", "cbor", "canonical.mjs")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process node = Process.Start(start)!;
        Task<string> output = node.StandardOutput.ReadToEndAsync();
        foreach (string item in items)
            node.StandardInput.WriteLine(item);
        node.StandardInput.Close();
        string[] answers = output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        node.WaitForExit();
        return answers;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
