namespace Ledger.EndToEnd.Tests.Network;

/// <summary>A folder that goes with its test.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ledger-e2e-").FullName;

    public TempFolder() => Path = _root;

    /// <summary>The folder, or one inside it.</summary>
    public string Path { get; set; }

    public string Of(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
