using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;

namespace Ledger.Core.Tests.Log;

/// <summary>The files under tests/vectors, which the JavaScript beside them derives on its own.</summary>
internal static class Vectors
{
    internal static string Folder { get; } = Find();

    internal static JsonElement Load(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name))).RootElement;

    internal static Digest Hash(this JsonElement element, string name) =>
        Digest.ParseHex(element.GetProperty(name).GetString()!);

    internal static ImmutableArray<Digest> Hashes(this JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(item => Digest.ParseHex(item.GetString()!))];

    internal static ulong Number(this JsonElement element, string name) => element.GetProperty(name).GetUInt64();

    internal static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    internal static byte[] Bytes(this JsonElement element, string name) => Convert.FromHexString(element.Text(name));

    internal static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.GetProperty(name).EnumerateArray();

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Ledger.sln")))
        {
            folder = folder.Parent;
        }

        return folder is not null
            ? Path.Combine(folder.FullName, "tests", "vectors")
            : throw new InvalidOperationException("No Ledger.sln above the tests.");
    }
}

/// <summary>A test that needs Node on the PATH, and is skipped, saying so, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = Node.Path is null ? "needs node: it is not on the PATH" : null;
}

internal static class Node
{
    internal static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(System.IO.Path.PathSeparator)
        .Select(folder => System.IO.Path.Combine(folder, "node"))
        .FirstOrDefault(File.Exists);

    /// <summary>Runs a script to its end.</summary>
    /// <returns>Its exit code, and all that it said.</returns>
    internal static (int ExitCode, string Said) Run(params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(Path!, arguments)
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

public sealed class JavaScriptCheckTests
{
    [NodeFact]
    public void JavaScript_derives_the_same_vectors_from_the_definitions()
    {
        (int exitCode, string said) = Node.Run(Path.Combine(Vectors.Folder, "check-log-map.mjs"));
        Assert.True(exitCode == 0, said);
    }
}
