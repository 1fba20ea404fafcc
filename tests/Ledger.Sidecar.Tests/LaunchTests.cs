using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Ledger.Client;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records.Bodies;
using Ledger.Records.Chains;

namespace Ledger.Sidecar.Tests;

/// <summary>The sidecar as a user starts it: through the command line, with real files.</summary>
[Trait("Tier", "process")]
public sealed class LaunchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();

    private string Chain => _folder.Of("claims.oar");

    private string KeyFile => _folder.Of("operator.key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_opens_an_encrypted_key_serves_and_stops_when_asked()
    {
        await MakeStreamAsync("a passphrase");
        await File.WriteAllTextAsync(_folder.Of("pass"), "a passphrase\n");
        File.SetUnixFileMode(_folder.Of("pass"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using Process ledger = Start("--passphrase-file", _folder.Of("pass"));
        Uri address = await ReadyAsync(ledger);
        await BeginAsync(address);
        using (Process kill = Process.Start("/bin/sh", ["-c", $"kill {ledger.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await EndAsync(ledger);
        Assert.Equal(0, ledger.ExitCode);
        Assert.Equal("abandoned", LastStatus());
    }

    [Fact]
    public async Task It_does_not_outlive_the_command_line_and_a_killed_act_is_closed_at_the_next_start()
    {
        await MakeStreamAsync("");
        using (Process ledger = Start())
        {
            await BeginAsync(await ReadyAsync(ledger));
            ledger.Kill();
            await EndAsync(ledger);
        }

        // The chain can be opened again only once the sidecar has let go of it.
        using Process again = await StartAgainAsync();
        Assert.Equal("abandoned", LastStatus());
        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(await File.ReadAllBytesAsync(Chain)).Verdict);
        again.Kill();
        await EndAsync(again);
    }

    [Theory]
    [InlineData("no address", "--listen", "here")]
    [InlineData("other machines", "--listen", "0.0.0.0:0")]
    [InlineData("http or https", "--upstream", "ftp://x")]
    [InlineData("one of", "--go-ahead", "soon")]
    [InlineData("number from", "--acts", "0")]
    public async Task What_cannot_be_meant_is_a_usage_error_that_says_what_to_do(string says, string name, string value)
    {
        await MakeStreamAsync("");
        using Process ledger = Start(name, value);
        string errors = await ledger.StandardError.ReadToEndAsync();
        await EndAsync(ledger);
        Assert.Equal(64, ledger.ExitCode);
        Assert.Contains(says, errors);
    }

    private async Task<Process> StartAgainAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            Process ledger = Start();
            if (await ledger.StandardOutput.ReadLineAsync() is not null)
            {
                return ledger;
            }

            string errors = await ledger.StandardError.ReadToEndAsync();
            ledger.Dispose();
            Assert.True(errors.Contains("open for writing elsewhere", StringComparison.Ordinal), errors);
            Assert.True(watch.Elapsed < Patience, "the sidecar outlived the command line");
            await Task.Delay(200);
        }
    }

    private async Task MakeStreamAsync(string passphrase)
    {
        using SigningKey key = KeyStore.Create(KeyFile, passphrase);
        await using StreamSealer sealer = await StreamSealer.CreateAsync(
            Chain, key, "operator-7", Body.Genesis(key.PublicKey.Span, "claims"), default);
    }

    private Process Start(params string[] further)
    {
        string folder = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string program =
            Path.GetFullPath(Path.Combine(folder, "..", "..", "Ledger.Cli", Path.GetFileName(folder), "ledger"));
        string[] listen = further.Contains("--listen") ? [] : ["--listen", "127.0.0.1:0"];
        ProcessStartInfo start = new(program, ["guard", Chain, "--key", KeyFile, .. listen, .. further])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The host of a built program looks in fixed places; this runtime stands three folders down.
        start.Environment.TryAdd(
            "DOTNET_ROOT", Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
        return Process.Start(start)!;
    }

    private static async Task<Uri> ReadyAsync(Process ledger)
    {
        using CancellationTokenSource patience = new(Patience);
        string line = await ledger.StandardOutput.ReadLineAsync(patience.Token)
            ?? await ledger.StandardError.ReadToEndAsync(patience.Token);
        Assert.StartsWith("ready ", line);
        return new Uri(line["ready ".Length..]);
    }

    private static async Task BeginAsync(Uri address)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
        using StringContent content = new(
            """{"model":{"name":"m","version":"1"},"input":[{"text":"x"}]}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync("/intent", content);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private static async Task EndAsync(Process process)
    {
        using CancellationTokenSource patience = new(Patience);
        await process.WaitForExitAsync(patience.Token);
    }

    private string LastStatus() => ((CborText)Samples.Read(Chain)[^1].DecodeBody()["status"]).Value;
}
