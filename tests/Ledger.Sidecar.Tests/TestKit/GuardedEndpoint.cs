using System.Net;
using Ledger.Client;
using Ledger.Client.Files;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Sidecar.Hosting;
using Record = Ledger.Records.Record;

namespace Ledger.Sidecar.Tests.TestKit;

/// <summary>A sidecar in this process, a scripted disk beneath it and a stand-in of a model behind it.</summary>
internal sealed class GuardedEndpoint : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private StreamSealer _sealer = null!;
    private Guard _guard = null!;
    private SidecarHost _host = null!;
    private bool _stopped;

    private GuardedEndpoint(ScriptedDisk disk)
    {
        Disk = disk;
        Model = new ModelEndpoint(() => Disk.DurableBytes(Chain));
    }

    public ScriptedDisk Disk { get; }

    public ModelEndpoint Model { get; }

    public HttpClient Http { get; private set; } = null!;

    public string Chain => _folder.Of("a.oar");

    public Vault Vault => _guard.Vault;

    public Uri Address => _host.Address;

    public static async Task<GuardedEndpoint> StartAsync(
        ScriptedDisk? disk = null,
        GuardOptions? guard = null,
        Func<SidecarOptions, SidecarOptions>? configure = null,
        bool proxies = true)
    {
        GuardedEndpoint endpoint = new(disk ?? new ScriptedDisk());
        SidecarOptions options = new()
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Upstream = proxies ? endpoint.Model.Address : null,
        };
        options = configure?.Invoke(options) ?? options;
        endpoint._sealer = await Samples.NewStreamAsync(endpoint.Chain, endpoint._key, endpoint.Disk);
        endpoint._guard = await Guard.StartAsync(
            endpoint._sealer,
            guard ?? new GuardOptions(),
            null,
            options.Model?.State,
            Vault.Beside(endpoint._sealer, endpoint.Disk),
            TimeProvider.System,
            default);
        endpoint._host = await SidecarHost.StartAsync(endpoint._guard, endpoint._sealer, options, default);
        endpoint.Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = endpoint.Address };
        return endpoint;
    }

    public Record[] Records => Samples.Read(Chain);

    public string LastStatus => ((CborText)Records[^1].DecodeBody()["status"]).Value;

    /// <summary>
    /// The requests that reached the model before an intent of theirs, in a chain that verifies, was durable: none, if
    /// the guard is one.
    /// </summary>
    public Arrival[] TooEarly()
    {
        byte[] chain = File.ReadAllBytes(Chain);
        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(chain).Verdict);
        Dictionary<string, long> ends = [];
        long end = 0;
        foreach (Record record in Records)
        {
            end += record.Bytes.Length;
            if (record.Kind == RecordKind.Intent)
            {
                ends[record.Id.ToString()] = end;
            }
        }

        return
        [
            .. Model.Arrivals.Where(arrival =>
                arrival.Intent is null || !ends.TryGetValue(arrival.Intent, out long at) || at > arrival.DurableBytes),
        ];
    }

    /// <summary>Stops the sidecar; the chain can still be read.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        await _host.DisposeAsync();
        await _guard.DisposeAsync();
        await _sealer.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        await Model.DisposeAsync();
        _key.Dispose();
        _folder.Dispose();
    }
}
