using System.Security.Cryptography;

namespace Ledger.Bitcoin.Regtest;

/// <summary>Writes the configuration file of a development daemon, readable by its owner alone.</summary>
internal static class RegtestConfiguration
{
    public const string User = "ledger";

    /// <returns>The password for RPC, new at each start.</returns>
    public static string Write(string folder, int port)
    {
        string password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "bitcoin.conf");
        File.Delete(path);
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, create);
        writer.Write(Text(port, password));
        return password;
    }

    // No peers, no index, small caches; addresses with witness, as wallets make them today.
    private static string Text(int port, string password) =>
        $"""
        # Written at each start of a development network; not for coins of any worth.
        regtest=1
        [regtest]
        server=1
        rpcbind=127.0.0.1
        rpcallowip=127.0.0.1
        rpcport={port}
        rpcuser={User}
        rpcpassword={password}
        listen=0
        connect=0
        dnsseed=0
        txindex=0
        fallbackfee=0.0002
        addresstype=bech32
        changetype=bech32
        keypool=20
        dbcache=16
        maxmempool=20
        printtoconsole=0

        """;
}
