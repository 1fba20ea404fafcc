using System.Diagnostics.CodeAnalysis;

namespace Ledger.Bitcoin.Regtest;

/// <summary>Finds the <c>bitcoind</c> that development and tests start.</summary>
public static class BitcoinDaemonBinary
{
    /// <summary>Environment variable that names the program; it goes before all other places.</summary>
    public const string Variable = "LEDGER_BITCOIND";

    /// <summary>The variable, then PATH, then what the set-up script fetched.</summary>
    /// <param name="local">The private folder of the set-up script (<c>.local</c> of the checkout), or null.</param>
    public static bool TryFind(string? local, [NotNullWhen(true)] out string? path) =>
        TryFind(Environment.GetEnvironmentVariable, local, out path);

    /// <param name="environment">Gives a variable's value or null.</param>
    internal static bool TryFind(
        Func<string, string?> environment,
        string? local,
        [NotNullWhen(true)] out string? path)
    {
        path = environment(Variable);
        if (!string.IsNullOrEmpty(path))
        {
            return File.Exists(path);
        }

        IEnumerable<string> folders = (environment("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (local is not null)
        {
            folders = folders.Append(Path.Combine(local, "bin"));
        }

        path = folders.Select(folder => Path.Combine(folder, "bitcoind")).FirstOrDefault(File.Exists);
        return path is not null;
    }
}
