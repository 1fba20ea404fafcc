using System.Globalization;
using Ledger.Node.Tests.Setting;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary>The order of the system calls: write to the store's log, data sync, and only then the answer on the socket.</summary>
[Trait("Tier", "process")]
public sealed class SyncTests
{
    private const int Records = 6;

    [FactThatNeeds("rocksdb", "strace")]
    public async Task A_data_sync_stands_between_the_last_write_to_the_log_and_each_acknowledgement()
    {
        Trace trace = await TraceAsync("sync");

        Assert.Equal(Records, trace.Acknowledged);
        Assert.Equal(0, trace.Unsynced);
    }

    [FactThatNeeds("rocksdb", "strace")]
    public async Task With_syncing_switched_off_the_same_check_finds_acknowledgements_without_a_sync()
    {
        Trace trace = await TraceAsync("nosync");

        Assert.Equal(Records, trace.Acknowledged);
        Assert.Equal(Records, trace.Unsynced);
    }

    private static async Task<Trace> TraceAsync(string sync)
    {
        using NodeFolderOnDisk folder = new();
        string output = folder.In("trace");
        string[] arguments =
        [
            "-f", "-y", "-ttt", "-s", "32", "-o", output,
            "-e", "trace=write,writev,pwrite64,pwritev,fdatasync,sendto,sendmsg",
            NodeProgram.TestPath, sync, "--dir", folder.Path,
        ];
        using (NodeProgram node = NodeProgram.StartTraced(Needs.Get("strace"), arguments))
        {
            using NodeClient client = new(await node.ReadyAsync());
            Operator alice = new(100);
            for (int i = 0; i < Records; i++)
            {
                Assert.Equal("settled", await client.StateAsync(alice.Next(), "?wait=settled"));
            }

            NodeProgram.Signal(TracedBy(node.Id), NodeProgram.Terminate);
            Assert.Equal(0, await node.EndAsync());
        }

        return Trace.Read(File.ReadLines(output));
    }

    /// <summary>The tracer's only child.</summary>
    private static int TracedBy(int tracer) => int.Parse(
        File.ReadAllText($"/proc/{tracer}/task/{tracer}/children").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <param name="Acknowledged">Answers of success on a socket to a submission.</param>
    /// <param name="Unsynced">Those of them before which something written to the store's log was not synced.</param>
    private sealed record Trace(int Acknowledged, int Unsynced)
    {
        /// <summary>
        /// An empty block follows one with content after 250 ms; what is written so late after a sync is its, and no answer
        /// waits for it.
        /// </summary>
        private const double NextBlockSeconds = 0.2;

        /// <summary>
        /// Counts a write to the log from its first appearance, a sync from its return: in between nothing is known. So a
        /// call that strace shows in two parts (unfinished, resumed) is judged by the part that is the worse for us.
        /// </summary>
        public static Trace Read(IEnumerable<string> lines)
        {
            Trace trace = new(0, 0);
            HashSet<string> syncing = [];
            double synced = 0;
            bool dirty = false;
            foreach (string line in lines)
            {
                string[] words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
                (string thread, double time, string call) = (words[0], double.Parse(words[1], CultureInfo.InvariantCulture), words[2]);
                bool ofLog = call.Contains(".log>", StringComparison.Ordinal);
                if (ofLog && call.StartsWith("fdatasync(", StringComparison.Ordinal))
                {
                    syncing.Add(thread);
                }
                else if (ofLog && (synced == 0 || time - synced < NextBlockSeconds))
                {
                    dirty = true;
                }

                bool returned = !call.EndsWith("<unfinished ...>", StringComparison.Ordinal);
                if (returned && call.Contains("fdatasync", StringComparison.Ordinal) && syncing.Remove(thread))
                {
                    (dirty, synced) = (false, time);
                }

                if (call.Contains("\"HTTP/1.1 201", StringComparison.Ordinal))
                {
                    trace = new Trace(trace.Acknowledged + 1, trace.Unsynced + (dirty ? 1 : 0));
                }
            }

            return trace;
        }
    }
}
