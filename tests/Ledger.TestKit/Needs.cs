using System.Diagnostics;
using System.Security.Cryptography;

namespace Ledger.TestKit;

/// <summary>What tests need from outside the build, by the names that <c>tests/setup.sh</c> knows.</summary>
public static class Needs
{
    /// <summary>The path of what is needed, or null where it is missing.</summary>
    /// <exception cref="ArgumentException">The name is unknown: a misspelt need must not skip a test.</exception>
    public static string? Find(string need) => need switch
    {
        "bitcoind" => Named("LEDGER_BITCOIND") ?? OnPath("bitcoind") ?? Fetched("bin", "bitcoind"),
        "bitcoin-cli" => OnPath("bitcoin-cli") ?? Fetched("bin", "bitcoin-cli"),
        "rocksdb" => Named("LEDGER_ROCKSDB") ?? SystemLibrary("librocksdb.so*") ?? Fetched("rocksdb", "load-order"),
        "opentimestamps" => Fetched("bin", "python3-opentimestamps"),
        "chromium" => Fetched("bin", "chromium") ?? OnPath("chromium"),
        "strace" => OnPath("strace") ?? Fetched("bin", "strace"),
        "npm" => Existing(Checkout.PathOf("tests", "interop", "node_modules")) is null ? null : OnPath("node"),
        "openssl" => Loader("openssl") ?? Loader("bitcoin"),
        "unshare" => Unshares() ? OnPath("unshare") : null,
        "root" => Environment.IsPrivilegedProcess ? "/" : null,
        "platform-mldsa" => MLDsa.IsSupported ? "/" : null,
        _ => throw new ArgumentException($"No test need is called '{need}'.", nameof(need)),
    };

    /// <summary>The path of what is needed. Only for tests that declared the need.</summary>
    public static string Get(string need) =>
        Find(need) ?? throw new InvalidOperationException($"'{need}' is missing, and the test does not declare it.");

    /// <summary>Why a test with these needs cannot run here, and what to do; null when it can.</summary>
    public static string? Missing(params ReadOnlySpan<string> needs)
    {
        foreach (string need in needs)
        {
            if (Find(need) is null)
                return $"needs {need}: {Remedy(need)}";
        }
        return null;
    }

    private static string Remedy(string need) => need switch
    {
        "root" => "only the superuser may do this",
        "unshare" => "the kernel must let a user start a program in a network of its own",
        "platform-mldsa" => "the platform's ML-DSA comes with OpenSSL 3.5 or later",
        "bitcoin-cli" => "tests/setup.sh bitcoind fetches it",
        _ => $"tests/setup.sh {need} fetches it",
    };

    private static bool Unshares()
    {
        if (OnPath("unshare") is not { } path)
            return false;
        using Process tried = Process.Start(path, ["--map-root-user", "--net", "true"]);
        tried.WaitForExit();
        return tried.ExitCode == 0;
    }

    private static string? Named(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path ? Existing(path) : null;

    private static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Existing(Path.Combine(folder, program)))
            .FirstOrDefault(path => path is not null);

    private static string? Fetched(params ReadOnlySpan<string> parts) =>
        Existing(Path.Combine([Checkout.Local, .. parts]));

    /// <summary>The dynamic loader in a tree of Debian packages that has OpenSSL as well.</summary>
    private static string? Loader(string tree)
    {
        string folder = Path.Combine(Checkout.Local, "debian", tree, "usr", "lib");
        return !Directory.Exists(folder) ? null : Directory.EnumerateDirectories(folder, "*-linux-*")
            .Where(libraries => File.Exists(Path.Combine(libraries, "libcrypto.so.3")))
            .Where(libraries => File.Exists(Path.Combine(libraries, "libstdc++.so.6")))
            .SelectMany(libraries => Directory.EnumerateFiles(libraries, "ld-linux*.so.*"))
            .FirstOrDefault();
    }

    private static string? SystemLibrary(string pattern) =>
        new[] { "/usr/lib", "/usr/lib64", "/usr/local/lib" }.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateDirectories(folder, "*-linux-*").Append(folder))
            .SelectMany(folder => Directory.EnumerateFiles(folder, pattern))
            .FirstOrDefault();

    private static string? Existing(string path) => Path.Exists(path) ? path : null;
}
