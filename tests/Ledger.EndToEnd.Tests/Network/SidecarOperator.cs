using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>
/// An operator whose program speaks to the sidecar, which is started as people start it. Key, chain, vault and the
/// model's description stand in one folder, and the next start takes them up.
/// </summary>
internal sealed class SidecarOperator : IAsyncDisposable
{
    internal const string KeyFile = "operator.key";
    internal const string ChainFile = "claims.oar";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _ledger;
    private readonly HttpClient _sidecar;

    private SidecarOperator(Process ledger, Uri address)
    {
        _ledger = ledger;
        _sidecar = new HttpClient { BaseAddress = address, Timeout = Patience };
    }

    public static async Task<SidecarOperator> StartAsync(string folder, Uri node)
    {
        string keyFile = Path.Combine(folder, KeyFile), chain = Path.Combine(folder, ChainFile);
        string model = Path.Combine(folder, "model.json");
        if (!File.Exists(chain))
        {
            using SigningKey key = KeyStore.Create(keyFile, "");
            await using StreamSealer begun = await StreamSealer.CreateAsync(
                chain, key, "operator-1", Body.Genesis(key.PublicKey.Span, "claims"), default);
            await File.WriteAllTextAsync(Path.Combine(folder, "prompt.txt"), "You assess claims.");
            await File.WriteAllTextAsync(
                model, """{ "name": "assessor", "version": "1", "prompt": { "file": "prompt.txt" } }""");
        }

        Process ledger = Cli.Start(
            Cli.Program, [],
            ["guard", chain, "--key", keyFile, "--listen", "127.0.0.1:0", "--model", model, "--node", $"{node}"]);
        using CancellationTokenSource patience = new(Patience);
        string? ready = await ledger.StandardOutput.ReadLineAsync(patience.Token);
        if (ready is null)
        {
            throw new InvalidOperationException(await ledger.StandardError.ReadToEndAsync(patience.Token));
        }

        return new SidecarOperator(ledger, new Uri(ready["ready ".Length..]));
    }

    /// <summary>One decision: its input sealed before, its output after. Gives the ids once both are sealed.</summary>
    public async Task<(RecordId Intent, RecordId Outcome)> DecideAsync(string question)
    {
        string intent = await SayAsync("/intent", "intent", new
        {
            action = "assess-claim",
            actor = new { id = "claims-service", type = "service" },
            authority = "policy 7",
            input = new object[] { new { text = question }, new { json = new { clause = 7 } } },
        });
        string outcome = await SayAsync("/outcome", "outcome", new
        {
            intent,
            status = "executed",
            output = new[] { new { text = $"approved: {question}" } },
        });
        return (Parse(intent), Parse(outcome));
    }

    /// <summary>Kills sidecar and command line, and waits until neither runs.</summary>
    public async Task KillAsync()
    {
        int[] all = [_ledger.Id, .. Processes.Descendants(_ledger.Id)];
        Array.ForEach(all, Processes.Kill);
        await _ledger.WaitForExitAsync();
        IReadOnlyList<int> left = await Processes.LeftAfterAsync(Patience, () => [.. all.Where(Processes.Runs)]);
        Assert.Empty(left);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _sidecar.Dispose();
        _ledger.Dispose();
    }

    private async Task<string> SayAsync(string door, string member, object body)
    {
        using HttpResponseMessage answer = await _sidecar.PostAsJsonAsync(door, body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        using JsonDocument said = JsonDocument.Parse(text);
        return said.RootElement.GetProperty(member).GetString()!;
    }

    private static RecordId Parse(string text)
    {
        Assert.True(RecordId.TryParseHex(text, out RecordId id), text);
        return id;
    }
}
