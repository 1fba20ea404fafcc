using Ledger.Bitcoin.Regtest;
using Ledger.TestKit;

namespace Ledger.Bitcoin.Tests.Regtest;

/// <summary>A folder of its own for each test, and a daemon that does not outlive it.</summary>
public abstract class RegtestTests : IAsyncLifetime
{
    private readonly List<RegtestDaemon> _started = [];

    /// <summary>Deleted after the test.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("ledger-regtest-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (RegtestDaemon daemon in _started)
        {
            daemon.Kill();
            await daemon.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Starts a daemon; the same name goes on in the same folder.</summary>
    protected async Task<RegtestDaemon> StartAsync(string name = "a", int blocks = 101)
    {
        var result = await RegtestDaemon.StartAsync(new RegtestOptions
        {
            Binary = Needs.Get("bitcoind"),
            Folder = Path.Combine(Folder, name),
            Blocks = blocks,
            StartTimeOut = TimeSpan.FromSeconds(180),
        });
        Assert.True(result.IsSuccess, result.Error?.ToString());
        _started.Add(result.Value);
        return result.Value;
    }
}
