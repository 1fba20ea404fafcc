using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Ledger.Client;
using Ledger.Crypto;
using Ledger.Records.Bodies;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Benchmarks;

/// <summary>
/// What a guard adds to an act: the time until the act may go ahead, and the time that its outcome takes, with 1, 16
/// and 256 acts at once, on the disk that holds the given folder. Once through the SDK in this process, once through
/// the sidecar's doors over HTTP; and first the limit of that disk: as many bytes appended and synced, nothing else.
/// </summary>
internal static class GuardBenchmark
{
    private const int ActsPerLevel = 2_560;
    private const int WarmUp = 256;
    private const int RecordBytes = 4_500;

    private static readonly int[] Levels = [1, 16, 256];

    public static async Task<int> RunAsync(string folder)
    {
        string place = Path.Combine(folder, $"ledger-guard-{Environment.ProcessId}");
        Directory.CreateDirectory(place);
        try
        {
            Console.WriteLine(
                $"{Environment.ProcessorCount} cores; .NET {Environment.Version}; {ActsPerLevel} acts a row");
            Console.WriteLine(
                "| through | acts at once | go-ahead p50 ms | p99 ms | outcome p50 ms | p99 ms | acts/s |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            await MeasureDiskAsync(Path.Combine(place, "raw"));
            foreach (int level in Levels)
            {
                await MeasureSdkAsync(Path.Combine(place, $"sdk-{level}.oar"), level);
            }

            foreach (int level in Levels)
            {
                await MeasureSidecarAsync(place, level);
            }

            return 0;
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private static async Task MeasureDiskAsync(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        byte[] record = new byte[RecordBytes];
        void Append()
        {
            RandomAccess.Write(file, record, RandomAccess.GetLength(file));
            RandomAccess.FlushToDisk(file);
        }

        await MeasureAsync("append and sync alone", 1, () =>
        {
            Append();
            return Task.FromResult(() =>
            {
                Append();
                return Task.CompletedTask;
            });
        });
    }

    private static async Task MeasureSdkAsync(string chain, int level)
    {
        using SigningKey key = KeyStore.Create(chain + ".key", "");
        await using StreamSealer sealer = await StreamSealer.CreateAsync(
            chain, key, "benchmark", Body.Genesis(key.PublicKey.Span, "benchmark"), default);
        await using Guard guard = await Guard.StartAsync(sealer, new GuardOptions(), default);
        IntentDescription intent = new()
        {
            Action = "benchmark",
            Actor = new Actor("benchmark", ActorType.Service),
            Authority = "benchmark",
            Model = new ModelReference("none", "1"),
            Inputs = [Content.Text(new string('x', 1_000))],
        };
        await MeasureAsync("SDK", level, async () =>
        {
            GuardedAct act = await guard.BeginAsync(intent, default);
            return async () =>
            {
                act.Context.AddOutput(new byte[1_000]);
                await act.EndAsync(OutcomeStatus.Executed);
            };
        });
    }

    private static async Task MeasureSidecarAsync(string place, int level)
    {
        string chain = Path.Combine(place, $"sidecar-{level}.oar");
        using (SigningKey key = KeyStore.Create(chain + ".key", ""))
        {
            await using StreamSealer begun = await StreamSealer.CreateAsync(
                chain, key, "benchmark", Body.Genesis(key.PublicKey.Span, "benchmark"), default);
        }

        using Process sidecar = Start(chain);
        string ready = await sidecar.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The sidecar did not start; what it printed says why.");
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(ready["ready ".Length..]),
        };
        string text = new('x', 1_000);
        object intent = new { model = new { name = "none", version = "1" }, input = new[] { new { text } } };
        await MeasureAsync("sidecar", level, async () =>
        {
            using HttpResponseMessage answer = await http.PostAsJsonAsync("/intent", intent);
            JsonElement begun = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
            string id = begun.GetProperty("intent").GetString()!;
            return async () =>
            {
                object outcome = new { intent = id, status = "executed", output = new[] { new { text } } };
                using HttpResponseMessage ended = await http.PostAsJsonAsync("/outcome", outcome);
                ended.EnsureSuccessStatusCode();
            };
        });
        sidecar.StandardInput.Close();
        await sidecar.WaitForExitAsync();
    }

    private static Process Start(string chain)
    {
        string folder = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string program = Path.GetFullPath(
            Path.Combine(folder, "..", "..", "Ledger.Sidecar", Path.GetFileName(folder), "Ledger.Sidecar"));
        ProcessStartInfo start = new(
            program, ["--chain", chain, "--key", chain + ".key", "--listen", "127.0.0.1:0", "--attended", "yes"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        process.StandardInput.WriteLine();
        return process;
    }

    /// <param name="begin">Returns when an act may go ahead, with what ends it.</param>
    private static async Task MeasureAsync(string through, int level, Func<Task<Func<Task>>> begin)
    {
        for (int i = 0; i < WarmUp; i += level)
        {
            await Task.WhenAll(Enumerable.Range(0, level).Select(async _ => await (await begin())()));
        }

        double[] begun = new double[ActsPerLevel];
        double[] ended = new double[ActsPerLevel];
        int next = -1;
        Stopwatch all = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, level).Select(_ => Task.Run(async () =>
        {
            int at;
            while ((at = Interlocked.Increment(ref next)) < ActsPerLevel)
            {
                long start = Stopwatch.GetTimestamp();
                Func<Task> end = await begin();
                begun[at] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                start = Stopwatch.GetTimestamp();
                await end();
                ended[at] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        })));
        double perSecond = ActsPerLevel / all.Elapsed.TotalSeconds;
        Array.Sort(begun);
        Array.Sort(ended);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {through} | {level} | {At(begun, 0.5):F1} | {At(begun, 0.99):F1} | {At(ended, 0.5):F1} "
            + $"| {At(ended, 0.99):F1} | {perSecond:F0} |"));
    }

    private static double At(double[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)];
}
