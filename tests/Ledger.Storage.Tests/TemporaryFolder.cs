namespace Ledger.Storage.Tests;

/// <summary>A folder of the test's own, deleted at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger-store-");

    internal string Path => _folder.FullName;

    /// <summary>Path of a folder in it that does not exist yet.</summary>
    internal string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
