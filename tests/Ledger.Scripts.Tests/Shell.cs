using System.Diagnostics;
using System.Runtime.Versioning;
using Ledger.TestKit;

[assembly: SupportedOSPlatform("linux")]

namespace Ledger.Scripts.Tests;

/// <summary>What a script said and how it ended.</summary>
internal sealed record ShellResult(int ExitCode, string Output, string Errors)
{
    internal string LastLine => Output.TrimEnd('\n').Split('\n')[^1];
}

/// <summary>
/// A folder with stand-ins for programs, first on the PATH of the scripts that run in it, and a private .local of its
/// own. Every stand-in notes its arguments in the file <c>calls</c>.
/// </summary>
internal sealed class Shell : IDisposable
{
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    internal Shell()
    {
        Folder = Directory.CreateTempSubdirectory("ledger-scripts-").FullName;
        Directory.CreateDirectory(PathOf("bin"));
        Set("PATH", $"{PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}");
        Set("LEDGER_LOCAL", PathOf("local folder"));
        Set("LEDGER_BITCOIND", "");
        Set("LEDGER_ROCKSDB", "");
        Set("CI", "");
    }

    internal string Folder { get; }

    /// <summary>The arguments of every stand-in that was called, in order.</summary>
    internal string[] Calls => File.Exists(PathOf("calls")) ? File.ReadAllLines(PathOf("calls")) : [];

    internal string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Folder, .. parts]);

    internal void Set(string variable, string value) => _environment[variable] = value;

    /// <summary>Puts a stand-in on the PATH.</summary>
    internal void Program(string name, string body) => Write(
        Path.Combine("bin", name), $"#!/bin/bash\nprintf '%s\\n' \"{name} $*\" >> '{PathOf("calls")}'\n{body}\n");

    /// <summary>Leaves only these programs, taken from the host, on the PATH.</summary>
    internal void OnlyPrograms(params IEnumerable<string> names)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        foreach (string name in names)
        {
            string found = folders.Select(folder => Path.Combine(folder, name)).First(File.Exists);
            File.CreateSymbolicLink(PathOf("bin", name), found);
        }
        Set("PATH", PathOf("bin"));
    }

    /// <summary>Writes an executable file under the folder.</summary>
    internal string Write(string path, string text)
    {
        string file = PathOf(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }

    /// <summary>Runs lines of bash with the root of the checkout as their folder.</summary>
    internal ShellResult Run(string script)
    {
        using Process process = Start(script);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, errors.Result);
    }

    internal Process Start(string script)
    {
        ProcessStartInfo start = new("/bin/bash", ["-c", script])
        {
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach ((string variable, string value) in _environment)
            start.Environment[variable] = value;
        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
