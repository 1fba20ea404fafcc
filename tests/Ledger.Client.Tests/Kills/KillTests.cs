using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ledger.Client.Tests.TestKit;
using Ledger.Crypto;
using Ledger.TestKit;
using Xunit.Abstractions;

namespace Ledger.Client.Tests.Kills;

/// <summary>
/// A process that guards acts of another process is killed again and again. A checker that shares no code with the SDK
/// then matches what was done to what had been signed before.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int Kills = 50;
    private const int KillsOfTheLongForm = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TempFolder _folder = new();

    private string Chain => _folder.Of("a.oar");

    private string Log => _folder.Of("acts.log");

    public void Dispose() => _folder.Dispose();

    [Trait("Tier", "process")]
    [FactThatNeeds("npm")]
    public Task Every_act_has_a_verified_intent_that_was_durable_before_it() => HoldsAsync(Kills);

    [Trait("Tier", "full")]
    [FactThatNeeds("npm")]
    public Task Every_act_has_its_intent_after_a_thousand_kills() => HoldsAsync(KillsOfTheLongForm);

    /// <summary>The switch: where the go-ahead comes before the intent is durable, the checker says so.</summary>
    [Trait("Tier", "process")]
    [FactThatNeeds("npm")]
    public async Task A_guard_that_goes_ahead_before_its_intent_is_durable_is_found_out()
    {
        await KillAsync(10, "lies");
        JsonElement found = await CheckAsync();
        Assert.True(Number(found, "missing") + Number(found, "early") > 0, found.GetRawText());
    }

    private async Task HoldsAsync(int kills)
    {
        int between = await KillAsync(kills, "guards");
        JsonElement found = await CheckAsync();
        Assert.True(between * 5 >= kills, $"only {between} of {kills} kills fell between append and go-ahead");
        Assert.True(Number(found, "acts") >= kills / 2, found.GetRawText());
        Assert.Equal((0, 0), (Number(found, "missing"), Number(found, "early")));

        // All but those of the last process were found at a next start and closed.
        Assert.InRange(Number(found, "open"), 0, KilledHost.Acts);
        output.WriteLine($"{kills} kills, {between} between append and go-ahead: {found.GetRawText()}");
    }

    /// <returns>How many of the kills fell between append and go-ahead.</returns>
    private async Task<int> KillAsync(int kills, string mode)
    {
        string socket = _folder.Of("act");
        using (SigningKey key = Keys.Of(KilledHost.Owner))
        {
            await using StreamSealer begun = await Samples.NewStreamAsync(Chain, key);
        }

        using Process actor = await StartAsync(
            "python3", Checkout.PathOf("tests", "interop", "guard", "act.py"), socket, Chain, Log);
        try
        {
            int between = 0;
            for (int seed = 0; seed < kills; seed++)
            {
                between += await KillOneAsync(socket, seed, mode) ? 1 : 0;
            }

            return between;
        }
        finally
        {
            actor.Kill();
            await actor.WaitForExitAsync();
        }
    }

    private async Task<bool> KillOneAsync(string socket, int seed, string mode)
    {
        string assembly = typeof(KilledHost).Assembly.Location;
        using Process guard = await StartAsync(
            "dotnet", assembly, Chain, socket, seed.ToString(CultureInfo.InvariantCulture), mode);
        Random random = new(seed);
        if (seed % 5 >= 2)
        {
            await Task.Delay(random.Next(100));
            guard.Kill();
        }

        using CancellationTokenSource patience = new(Patience);
        string rest = await guard.StandardOutput.ReadToEndAsync(patience.Token);
        await guard.WaitForExitAsync(patience.Token);
        Assert.Equal(128 + 9, guard.ExitCode);
        return rest.Contains(KilledHost.DiesBetween, StringComparison.Ordinal);
    }

    private async Task<JsonElement> CheckAsync()
    {
        ProcessStartInfo start = new("node", [Checkout.PathOf("tests", "interop", "guard", "check-acts.mjs"), Chain, Log])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process checker = Process.Start(start)!;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(20));
        Task<string> errors = checker.StandardError.ReadToEndAsync(patience.Token);
        string answer = await checker.StandardOutput.ReadToEndAsync(patience.Token);
        await checker.WaitForExitAsync(patience.Token);
        Assert.True(answer.Length > 0, await errors);
        JsonElement found = JsonDocument.Parse(answer).RootElement;
        Assert.Equal(Number(found, "missing") + Number(found, "early") > 0 ? 1 : 0, checker.ExitCode);
        return found;
    }

    /// <summary>Returns once it says that it is ready.</summary>
    private static async Task<Process> StartAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        using CancellationTokenSource patience = new(Patience);
        string? line = await process.StandardOutput.ReadLineAsync(patience.Token);
        Assert.Equal(KilledHost.Ready, line);
        return process;
    }

    private static int Number(JsonElement found, string member) => found.GetProperty(member).GetInt32();
}
