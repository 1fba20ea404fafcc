using System.Diagnostics;
using System.Text;
using Ledger.Records;
using Ledger.Sidecar.Tests.TestKit;
using Ledger.TestKit;

namespace Ledger.Sidecar.Tests;

/// <summary>The samples of the documentation, run as they stand there against a stand-in of a model.</summary>
[Trait("Tier", "process")]
public sealed class SampleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("python3", "guarded.py")]
    [InlineData("node", "guarded.mjs")]
    [InlineData("sh", "guarded.sh")]
    public async Task A_sample_guards_a_stream_and_an_act_of_its_own(string program, string sample)
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync();
        string output = await RunAsync(endpoint, program, sample);
        Assert.Contains("Water damage ", output);
        Assert.Contains("is covered.", output);
        Assert.Contains($"approve {endpoint.Records[3].Id}", output);
        Assert.Equal(
            [RecordKind.Genesis, RecordKind.Intent, RecordKind.Outcome, RecordKind.Intent, RecordKind.Outcome],
            endpoint.Records.Select(record => record.Kind));
        Arrival arrival = Assert.Single(endpoint.Model.Arrivals);
        Assert.Equal(endpoint.Records[1].Id.ToString(), arrival.Intent);
        Assert.Empty(endpoint.TooEarly());
    }

    /// <summary>
    /// The switch: behind a guard whose intents are not durable, the same check finds the request early.
    /// </summary>
    [Theory]
    [InlineData("python3", "guarded.py")]
    [InlineData("node", "guarded.mjs")]
    [InlineData("sh", "guarded.sh")]
    public async Task Behind_a_broken_guard_a_samples_request_comes_too_early(string program, string sample)
    {
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(new ScriptedDisk { Syncs = false });
        await RunAsync(endpoint, program, sample);
        Assert.Single(endpoint.TooEarly());
    }

    /// <summary>The guard says no, and the sample stops there.</summary>
    [Theory]
    [InlineData("python3", "guarded.py")]
    [InlineData("node", "guarded.mjs")]
    [InlineData("sh", "guarded.sh")]
    public async Task A_sample_whose_intent_is_refused_runs_no_act(string program, string sample)
    {
        ScriptedDisk disk = new();
        await using GuardedEndpoint endpoint = await GuardedEndpoint.StartAsync(disk);
        disk.Refuse = (call, path) => call == "write" && path == endpoint.Chain ? ScriptedDisk.Full : null;
        using Process process = Start(endpoint, program, sample);
        (int code, string output) = await EndAsync(process);
        Assert.NotEqual(0, code);
        Assert.DoesNotContain("approve ", output);
        Assert.Empty(endpoint.Model.Arrivals);
    }

    private static async Task<string> RunAsync(GuardedEndpoint endpoint, string program, string sample)
    {
        using Process process = Start(endpoint, program, sample);
        (int code, string output) = await EndAsync(process);
        Assert.True(code == 0, $"{sample} ended with {code}:\n{output}");
        return output;
    }

    private static Process Start(GuardedEndpoint endpoint, string program, string sample)
    {
        ProcessStartInfo start = new(program, [Checkout.PathOf("node", "samples", sample)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LEDGER_GUARD"] = endpoint.Address.GetLeftPart(UriPartial.Authority);
        start.Environment["NO_PROXY"] = start.Environment["no_proxy"] = "127.0.0.1";
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output)> EndAsync(Process process)
    {
        using CancellationTokenSource patience = new(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, new StringBuilder(await output).Append(await errors).ToString());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
