using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Ledger.Client.Tests.TestKit;
using Ledger.Crypto;

namespace Ledger.Client.Tests.Kills;

/// <summary>
/// The test assembly run as a program: guards acts that another process carries out, until it is killed. Arguments:
/// chain file, socket of that process, seed, "guards" or "lies". With two seeds of five it kills itself, with a word on
/// standard output, while an intent stands between its append and its go-ahead.
/// </summary>
internal static class KilledHost
{
    internal const string Ready = "ready";
    internal const string DiesBetween = "dies between append and go-ahead";

    /// <summary>Whose key the chain is signed with.</summary>
    internal const string Owner = "killed";

    /// <summary>Acts under way at once.</summary>
    internal const int Acts = 3;

    private static async Task<int> Main(string[] arguments)
    {
        (string chain, string socket) = (arguments[0], arguments[1]);
        int seed = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        KillPoint point = new(new Random(seed), seed % 5 < 2);
        PowerlessDisk disk = new(point.Pass, lies: arguments[3] == "lies");
        using SigningKey key = Keys.Of(Owner);
        await using StreamSealer sealer = await Samples.OpenAsync(chain, key, disk);
        await using Guard guard = await Guard.StartAsync(
            sealer, new GuardOptions(), null, null, Vault.Beside(sealer, disk), TimeProvider.System, default);
        Console.Out.WriteLine(Ready);
        point.Arm();
        await Task.WhenAll(Enumerable.Range(0, Acts).Select(_ => Task.Run(() => ActAsync(guard, socket))));
        return 0;
    }

    private static async Task ActAsync(Guard guard, string path)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using NetworkStream stream = new(socket);
        using StreamReader reader = new(stream);
        await using StreamWriter writer = new(stream) { AutoFlush = true, NewLine = "\n" };
        while (true)
        {
            await guard.RunAsync(
                Samples.Intent(),
                async (act, stop) =>
                {
                    await writer.WriteLineAsync(act.IntentId.ToString());
                    return await reader.ReadLineAsync(stop);
                },
                default);
        }
    }

    /// <summary>The moment at which the program ends itself, if it does.</summary>
    private sealed class KillPoint(Random random, bool dies)
    {
        private readonly int _at = random.Next(1, 8);
        private readonly bool _durable = random.Next(2) == 1;
        private int _passed;
        private volatile bool _armed;

        public void Arm() => _armed = true;

        public void Pass(bool durable)
        {
            if (dies && _armed && durable == _durable && Interlocked.Increment(ref _passed) == _at)
            {
                // One write call, so that it was said before the end.
                Console.Out.WriteLine(DiesBetween);
                Process.GetCurrentProcess().Kill();
                Thread.Sleep(Timeout.Infinite);
            }
        }
    }
}
