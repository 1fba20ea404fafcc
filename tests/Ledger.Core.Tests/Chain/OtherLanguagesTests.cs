using System.Diagnostics;
using Ledger.Core.Tests.Log;
using Ledger.TestKit;

namespace Ledger.Core.Tests.Chain;

/// <summary>The formats once more, written from the specification by other means.</summary>
[Trait("Tier", "process")]
public sealed class OtherLanguagesTests
{
    [NodeFact]
    public void JavaScript_derives_the_same_chain_from_the_specification()
    {
        (int exitCode, string said) = Node.Run(Path.Combine(Vectors.Folder, "check-chain.mjs"));
        Assert.True(exitCode == 0, said);
    }

    [FactThatNeeds("npm")]
    public void JavaScript_makes_the_same_keys_and_signatures()
    {
        (int exitCode, string said) = Node.Run(Path.Combine(Vectors.Folder, "check-chain.mjs"));
        Assert.True(exitCode == 0, said);
        Assert.Contains("keys and signatures derived", said, StringComparison.Ordinal);
    }

    [PythonFact]
    public void Python_re_derives_the_commitments_of_an_evidence_file_and_refuses_changed_ones()
    {
        string script = Checkout.PathOf("tests", "interop", "evidence", "test_verify_commitments.py");
        ProcessStartInfo start = new(Python.Path!, [script]) { RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
    }
}

/// <summary>A test that needs Python 3, and is skipped, saying so, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() =>
        Skip = Python.Path is null ? "needs python3: it is not on the PATH; tests/setup.sh opentimestamps fetches one" : null;
}

internal static class Python
{
    internal static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(System.IO.Path.PathSeparator)
        .Select(folder => System.IO.Path.Combine(folder, "python3"))
        .Append(System.IO.Path.Combine(Checkout.Local, "bin", "python3-opentimestamps"))
        .FirstOrDefault(File.Exists);
}
