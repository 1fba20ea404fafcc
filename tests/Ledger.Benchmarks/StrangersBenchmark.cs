using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.TestKit;

namespace Ledger.Benchmarks;

/// <summary>
/// What members feel of ten thousand streams that nobody invited, each soundly signed, handed in one by one at the node
/// they use: the node's own program on RocksDB, over HTTP on loopback. Rounds with and without strangers take turns.
/// </summary>
internal static class StrangersBenchmark
{
    private const int Strangers = 10_000;
    private const int Members = 8;
    private const int Connections = 8;
    private const int Rounds = 7;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(20);

    /// <summary>Between two records of one member.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    public static async Task<int> RunAsync()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string folder = Directory.CreateTempSubdirectory("ledger-strangers-").FullName;
        Operator[] members = [.. Enumerable.Range(0, Members).Select(number => new Operator(100 + number))];
        byte[][] strangers = new byte[Strangers][];
        Parallel.For(0, Strangers, number => strangers[number] = new Operator(1_000_000 + number).Next());
        using Process node = Start(folder, members);
        try
        {
            Uri address = await ReadyAsync(node);
            using HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
            List<Felt> alone = [], beside = [], flooded = [];
            await MeasureAsync(http, members, () => Task.CompletedTask);
            for (int round = 0; round < Rounds; round++)
            {
                alone.Add(await MeasureAsync(http, members, () => Task.CompletedTask));
                beside.Add(await MeasureAsync(http, members, () => HandInAsync(http, strangers, Round * 0.95)));
                flooded.Add(await MeasureAsync(http, members, () => HandInAsync(http, strangers, TimeSpan.Zero)));
            }

            Console.WriteLine(
                $"{Environment.ProcessorCount} cores; .NET {Environment.Version}; "
                + $"{Rounds} rounds of {Round.TotalSeconds} s; "
                + $"{Members} members, a record each every {Pace.TotalMilliseconds} ms; milliseconds");
            Console.WriteLine(
                "| strangers | sealed p50 | sealed p99 | settled p50 | settled p99 | strangers a second |");
            Console.WriteLine("|---|---|---|---|---|---|");
            Print("none", alone);
            Print($"{Strangers:N0}, spread over the round", beside);
            Print($"{Strangers:N0} at once, {Connections} connections", flooded);
            return 0;
        }
        finally
        {
            node.Kill(entireProcessTree: true);
            await node.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Half of the members wait until their records are sealed, half until they are settled.</summary>
    private static async Task<Felt> MeasureAsync(HttpClient http, Operator[] members, Func<Task> strangers)
    {
        int count = (int)(Round / Pace);
        byte[][][] records = [.. members.Select(member => member.Next(count))];
        Task<double[]>[] felt = [.. records.Select((own, member) => SealAsync(http, own, member, member % 2 == 0))];
        Stopwatch watch = Stopwatch.StartNew();
        await strangers();
        double seconds = watch.Elapsed.TotalSeconds;
        double[][] times = await Task.WhenAll(felt);
        return new Felt(
            Sorted(times.Where((_, member) => member % 2 == 0)), Sorted(times.Where((_, member) => member % 2 == 1)),
            seconds > 0.1 ? Strangers / seconds : 0);
    }

    private static async Task<double[]> SealAsync(HttpClient http, byte[][] records, int member, bool isSealed)
    {
        double[] times = new double[records.Length];
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < records.Length; i++)
        {
            TimeSpan due = (Pace * i) + (Pace * member / Members) - watch.Elapsed;
            await Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero);
            long start = Stopwatch.GetTimestamp();
            HttpStatusCode status = await PostAsync(http, records[i], isSealed ? "" : "?wait=settled");
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Require(status is HttpStatusCode.Accepted or HttpStatusCode.Created, $"a member's record: {status}");
        }

        return times;
    }

    /// <summary>One by one over a few connections, evenly over a while or as fast as they are answered.</summary>
    private static async Task HandInAsync(HttpClient http, byte[][] strangers, TimeSpan over)
    {
        Stopwatch watch = Stopwatch.StartNew();
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            int at;
            while ((at = Interlocked.Increment(ref next)) < strangers.Length)
            {
                TimeSpan due = (over * at / strangers.Length) - watch.Elapsed;
                if (due > TimeSpan.FromMilliseconds(1))
                {
                    await Task.Delay(due);
                }

                HttpStatusCode status = await PostAsync(http, strangers[at], "");
                Require(status == HttpStatusCode.Forbidden, $"a stranger's record: {status}");
            }
        })));
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, byte[] record, string query)
    {
        using ByteArrayContent content = new(record);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cose");
        Uri door = new($"v1/records{query}", UriKind.Relative);
        using HttpResponseMessage answer = await http.PostAsync(door, content);
        return answer.StatusCode;
    }

    private static Process Start(string folder, Operator[] members)
    {
        Write("vote.key", Bare(1));
        Write("stream.key", Bare(2));
        Write("genesis.cbor", TestNetwork.With(admission => admission with
        {
            IsOpen = false,
            Members = [new AdmittedMember("members", [.. members.Select(member => member.Key)])],
        }).Encode());
        JsonObject settings = new()
        {
            ["name"] = "alpha", ["http"] = "127.0.0.1:0", ["genesis"] = "genesis.cbor", ["store"] = "store",
            ["keys"] = new JsonObject { ["vote"] = "vote.key", ["stream"] = "stream.key" },
        };
        File.WriteAllText(Path.Combine(folder, "node.json"), settings.ToJsonString());
        string own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string program = Path.GetFullPath(
            Path.Combine(own, "..", "..", "Ledger.Node", Path.GetFileName(own), "Ledger.Node"));
        ProcessStartInfo start = new(program, ["--dir", folder]) { RedirectStandardOutput = true };
        start.Environment["LEDGER_LOCAL"] = Checkout.Local;
        return Process.Start(start)!;

        void Write(string name, byte[] bytes)
        {
            string path = Path.Combine(folder, name);
            File.WriteAllBytes(path, bytes);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static async Task<Uri> ReadyAsync(Process node)
    {
        while (await node.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                _ = node.StandardOutput.ReadToEndAsync();
                return new Uri(line["ready ".Length..]);
            }
        }

        throw new InvalidOperationException("The node did not start; what it printed says why.");
    }

    private static byte[] Bare(int seed) => KeyFile.Encode(
        TestNetwork.Seed(seed), "", new byte[KeyFile.SaltBytes], new byte[KeyFile.NonceBytes],
        KeyFile.IterationsMin);

    private static void Print(string strangers, List<Felt> rounds)
    {
        string[] cells =
        [
            strangers, Spread(rounds, felt => At(felt.Sealed, 0.5)), Spread(rounds, felt => At(felt.Sealed, 0.99)),
            Spread(rounds, felt => At(felt.Settled, 0.5)), Spread(rounds, felt => At(felt.Settled, 0.99)),
            $"{rounds.Select(felt => felt.Rate).Order().ElementAt(rounds.Count / 2):F0}",
        ];
        Console.WriteLine($"| {string.Join(" | ", cells)} |");
    }

    /// <summary>Median of the rounds, and the lowest and highest.</summary>
    private static string Spread(List<Felt> rounds, Func<Felt, double> of)
    {
        double[] values = [.. rounds.Select(of).Order()];
        return $"{values[values.Length / 2]:F1} ({values[0]:F1} to {values[^1]:F1})";
    }

    private static double[] Sorted(IEnumerable<double[]> times) => [.. times.SelectMany(each => each).Order()];

    private static double At(double[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)];

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Answered otherwise than expected: {what}.");
        }
    }

    /// <param name="Sealed">Milliseconds, ascending.</param>
    /// <param name="Settled">Milliseconds, ascending.</param>
    /// <param name="Rate">Strangers answered in a second.</param>
    private sealed record Felt(double[] Sealed, double[] Settled, double Rate);
}
