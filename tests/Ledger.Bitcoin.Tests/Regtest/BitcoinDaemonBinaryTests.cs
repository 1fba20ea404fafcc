using Ledger.Bitcoin.Regtest;

namespace Ledger.Bitcoin.Tests.Regtest;

public sealed class BitcoinDaemonBinaryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger-local-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_variable_goes_before_the_path_and_the_path_before_what_was_fetched()
    {
        string named = Make("named", "daemon");
        string onPath = Make("path", "bitcoind");
        string fetched = Make("bin", "bitcoind");

        Assert.Equal(named, Find(named, onPath));
        Assert.Equal(onPath, Find(null, onPath));
        Assert.Equal(onPath, Find("", onPath));
        Assert.Equal(fetched, Find(null, null));
        File.Delete(fetched);
        Assert.Null(Find(null, null));
    }

    [Fact]
    public void A_variable_that_names_nothing_is_an_error_and_no_invitation_to_look_elsewhere()
    {
        string onPath = Make("path", "bitcoind");
        Assert.Equal(onPath, Find(null, onPath));

        Assert.Null(Find(Path.Combine(_folder, "absent"), onPath));
    }

    private string? Find(string? named, string? onPath)
    {
        string? Read(string variable) => variable switch
        {
            BitcoinDaemonBinary.Variable => named,
            "PATH" => onPath is null ? null : $"/nowhere:{Path.GetDirectoryName(onPath)}",
            _ => null,
        };
        return BitcoinDaemonBinary.TryFind(Read, _folder, out string? path) ? path : null;
    }

    private string Make(params string[] parts)
    {
        string path = Path.Combine([_folder, .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }
}
