using System.Diagnostics;

namespace Ledger.TestKit;

/// <summary>Runs a script in Node, for tests that declare the need <c>npm</c>.</summary>
public static class NodeScript
{
    /// <summary>To its end; its exit code, and all that it said.</summary>
    public static (int ExitCode, string Said) Run(params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(Needs.Get("npm"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
