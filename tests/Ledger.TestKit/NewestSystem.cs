using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ledger.TestKit;

/// <summary>
/// This .NET on the dynamic loader and libraries of the newest Debian, in a process of its own: its OpenSSL has ML-DSA,
/// which the host's may lack. Nothing is installed and no root is needed.
/// </summary>
/// <remarks>
/// The program that the kernel starts is the loader, and the .NET muxer is what it loads. The muxer looks for the
/// runtime beside the program that runs, so a copy of the loader, under the muxer's name, stands in a folder with links
/// to the host's runtime.
/// </remarks>
public sealed class NewestSystem : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger-newest-").FullName;
    private readonly string _libraries;
    private readonly string _muxer;

    /// <param name="loader">The loader in a tree of Debian packages: what <c>Needs.Get("openssl")</c> finds.</param>
    public NewestSystem(string loader)
    {
        _libraries = Path.GetDirectoryName(loader)!;
        DirectoryInfo runtime = new(RuntimeEnvironment.GetRuntimeDirectory());
        string root = runtime.Parent!.Parent!.Parent!.FullName;
        _muxer = Path.Combine(root, "dotnet");
        File.Copy(loader, Path.Combine(_folder, "dotnet"));
        foreach (string part in new[] { "host", "shared" })
        {
            Directory.CreateSymbolicLink(Path.Combine(_folder, part), Path.Combine(root, part));
        }
    }

    /// <summary>How to start an assembly there.</summary>
    public ProcessStartInfo Start(string assembly, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(Path.Combine(_folder, "dotnet"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] program = ["--inhibit-cache", "--library-path", _libraries, _muxer, assembly];
        foreach (string argument in program.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        // The tree holds no ICU, and what runs here shows no language.
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        start.Environment["DOTNET_ROOT"] = _folder;
        return start;
    }

    /// <summary>Runs an assembly to its end, at most five minutes; it leaves no process behind.</summary>
    public (int ExitCode, string Output, string Errors) Run(string assembly, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(Start(assembly, arguments))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(5)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{assembly} did not end: {errors.Result}");
        }

        process.WaitForExit();
        return (process.ExitCode, output.Result, errors.Result);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
