using System.Globalization;

namespace Ledger.Benchmarks;

/// <summary>
/// One connection between two peers over loopback, beside a bare <c>SslStream</c> copy and beside js-libp2p: each round
/// measures every subject once, so that whatever else the machine does hits all alike. Then what else the connection
/// does: pings, many streams at once, handshakes.
/// </summary>
internal static class NetworkBenchmark
{
    private const int Rounds = 9;
    private const int Mebibyte = 1024 * 1024;

    // js-libp2p takes several times as long; its rounds shall be about as long as the others.
    private const long Bytes = 1024L * Mebibyte;
    private const long JsBytes = 256L * Mebibyte;

    public static async Task<int> RunAsync()
    {
        await using BareTls bare = await BareTls.ConnectAsync();
        await using PeerPair peers = await PeerPair.ConnectAsync();
        await using JsPair js = await JsPair.ConnectAsync();
        Subject[] subjects =
        [
            new("bare SslStream, there", Bytes, there => bare.CopyAsync(Bytes, there), true),
            new("bare SslStream, back", Bytes, there => bare.CopyAsync(Bytes, there), false),
            new("Ledger.Network, there", Bytes, there => peers.CopyAsync(Bytes, there), true),
            new("Ledger.Network, back", Bytes, there => peers.CopyAsync(Bytes, there), false),
            new("js-libp2p, there", JsBytes, there => js.CopyAsync(JsBytes, there), true),
            new("js-libp2p, back", JsBytes, there => js.CopyAsync(JsBytes, there), false),
        ];
        // The first round warms up and does not count.
        for (int round = 0; round <= Rounds; round++)
        {
            Console.Error.WriteLine($"Round {round} of {Rounds} ...");
            foreach (Subject subject in subjects)
            {
                TimeSpan time = await subject.Copy(subject.There);
                if (round > 0)
                {
                    subject.Rates.Add(subject.Bytes / time.TotalSeconds / Mebibyte);
                }
            }
        }

        Console.WriteLine(
            $"{Comparison.Processor()}, {Environment.ProcessorCount} cores, load {Comparison.Load()}; "
            + $".NET {Environment.Version}; Node {js.Version}; {bare.Cipher}; both ends on this machine");
        PrintThroughput(subjects);
        await peers.PrintRestAsync();
        return 0;
    }

    private static void PrintThroughput(Subject[] subjects)
    {
        Console.WriteLine();
        Console.WriteLine(
            $"One stream, one way, writes of {PeerPair.WriteBytes / 1024} KiB, {Rounds} alternating rounds, MiB/s:");
        Console.WriteLine();
        Console.WriteLine("| | median | fastest | slowest | to bare SslStream, median of rounds | worst | best |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (Subject subject in subjects)
        {
            Subject yardstick = subjects.First(other => other.There == subject.There);
            double[] ratios = Sorted(subject.Rates.Zip(yardstick.Rates, (rate, bare) => rate / bare));
            double[] rates = Sorted(subject.Rates);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {subject.Name} | {At(rates, 0.5):F0} | {rates[^1]:F0} | {rates[0]:F0} "
                + $"| {At(ratios, 0.5):P0} | {ratios[0]:P0} | {ratios[^1]:P0} |"));
        }

        Console.WriteLine();
    }

    internal static double[] Sorted(IEnumerable<double> values) => [.. values.Order()];

    internal static double At(double[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)];

    /// <param name="There">From the side that dialled to the one that listened; else the other way.</param>
    private sealed record Subject(string Name, long Bytes, Func<bool, Task<TimeSpan>> Copy, bool There)
    {
        /// <summary>MiB/s of each round.</summary>
        public List<double> Rates { get; } = [];
    }
}
