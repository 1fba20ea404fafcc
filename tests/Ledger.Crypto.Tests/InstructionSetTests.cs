using System.Diagnostics;
using Ledger.Core.Hashing;
using Ledger.Crypto.Lattice;
using Ledger.Crypto.Tests.Interop;

namespace Ledger.Crypto.Tests;

/// <summary>The product takes the widest vectors of the processor. Here it runs its tests as on lesser ones.</summary>
public sealed class InstructionSetTests
{
    private const string Narrower = "with_narrower_vectors";

    [Fact]
    public void The_bytes_are_those_that_noble_gave_once()
    {
        const string byNoble = "7b321414d870ef6da03b497fa597d2ed692867e1079bf89a24c230854e543273";
        Assert.Equal(byNoble, AccumulatedHash.Compute(200));
    }

    [Fact]
    public void The_width_in_use_is_the_widest_or_the_one_that_was_asked_for()
    {
        int width = (int)Widths.Widest;
        Assert.Equal(Widths.Expected ?? $"{width}", $"{width}");
        Assert.Equal(width switch { 16 => 8, 8 => 4, _ => 1 }, KeccakLanes.Width);
        Counts.Add("width", $"{width} coefficients and {KeccakLanes.Width} Keccak states to an instruction");
    }

    /// <summary>
    /// All but the other implementations, the key files, which know no width, and the widths below the one that such a
    /// processor takes, which this process runs itself.
    /// </summary>
    [Theory]
    [InlineData("EnableAVX512", Width.Eight)]
    [InlineData("EnableHWIntrinsic", Width.One)]
    [Trait("Tier", "process")]
    public void Our_own_tests_pass_with_narrower_vectors(string switchedOff, Width expected) =>
        RunTests(
            switchedOff, expected,
            $"FullyQualifiedName!~Interop&FullyQualifiedName!~{Narrower}"
                + "&FullyQualifiedName!~KeyFile&FullyQualifiedName!~Cache");

    [Theory]
    [InlineData("EnableAVX512", Width.Eight)]
    [InlineData("EnableHWIntrinsic", Width.One)]
    [Trait("Tier", "full")]
    public void The_other_implementations_agree_with_narrower_vectors(string switchedOff, Width expected) =>
        RunTests(switchedOff, expected, "FullyQualifiedName~Interop&FullyQualifiedName!~PlatformTests");

    private static void RunTests(string switchedOff, Width expected, string filter)
    {
        // A processor with nothing wider to switch off runs the same tests here and there.
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { "test", typeof(InstructionSetTests).Assembly.Location, "--nologo", "--filter", filter },
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment[$"DOTNET_{switchedOff}"] = "0";
        start.Environment[Widths.ExpectedVariable] = $"{Math.Min((int)expected, (int)Widths.Widest)}";
        start.Environment.Remove("LEDGER_COUNTS");
        using Process tests = Process.Start(start)!;
        string output = tests.StandardOutput.ReadToEnd();
        tests.WaitForExit();
        Assert.True(tests.ExitCode == 0, output);
        Assert.Contains("Passed!", output, StringComparison.Ordinal);
    }
}
