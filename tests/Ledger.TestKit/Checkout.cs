namespace Ledger.TestKit;

/// <summary>The checkout that the tests run in, found upwards from the test assembly by its solution file.</summary>
public static class Checkout
{
    /// <summary>The root folder.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The private folder with what the set-up scripts fetched; it need not exist.</summary>
    public static string Local { get; } =
        Environment.GetEnvironmentVariable("LEDGER_LOCAL") is { Length: > 0 } named ? named : PathOf(".local");

    /// <summary>The shared test vectors.</summary>
    public static string Vectors { get; } = PathOf("tests", "vectors");

    /// <summary>A path under the root.</summary>
    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ledger.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"No Ledger.sln in or above {start}.");
    }
}
