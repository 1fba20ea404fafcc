using System.Globalization;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary>The order of the system calls: write to the store's log, data sync, and only then the answer on the socket.</summary>
[Trait("Tier", "process")]
public sealed class SyncTests
{
    private const int Records = 6;

    [FactThatNeeds("rocksdb", "strace")]
    public async Task A_data_sync_stands_between_the_last_write_to_the_log_and_each_acknowledgement() =>
        Assert.Equal([], await UnsyncedAsync("sync"));

    [FactThatNeeds("rocksdb", "strace")]
    public async Task With_syncing_switched_off_the_same_check_finds_acknowledgements_without_a_sync() =>
        Assert.Equal(Enumerable.Range(0, Records), await UnsyncedAsync("nosync"));

    /// <summary>The submissions that were acknowledged as settled before the last log write with their record was synced.</summary>
    private static async Task<List<int>> UnsyncedAsync(string sync)
    {
        using NodeFolderOnDisk folder = new();
        string output = folder.In("trace");
        string[] arguments =
        [
            "-f", "-y", "-s", "200000", "-o", output, "-e", "trace=write,writev,pwrite64,pwritev,fdatasync,sendto,sendmsg",
            NodeProgram.TestPath, sync, "--dir", folder.Path,
        ];
        using (NodeProgram node = NodeProgram.StartThrough(Needs.Get("strace"), arguments))
        {
            using NodeClient client = new(await node.ReadyAsync());
            Operator alice = new(100);
            for (int i = 0; i < Records; i++)
            {
                Assert.Equal("settled", await client.StateAsync(alice.Next(Label(i)), "?wait=settled"));
            }

            NodeProgram.Signal(TracedBy(node.Id), NodeProgram.Terminate);
            Assert.Equal(0, await node.EndAsync());
        }

        return Unsynced(Call.Read(File.ReadLines(output)));
    }

    /// <summary>A text inside the record, so that a write of it can be told from all others.</summary>
    private static string Label(int record) => $" number {record} of the trace";

    private static List<int> Unsynced(List<Call> calls)
    {
        Call[] answers = [.. calls.Where(call => call.Text.Contains("\"HTTP/1.1 201", StringComparison.Ordinal))];
        Assert.Equal(Records, answers.Length);
        List<int> unsynced = [];
        for (int i = 0; i < Records; i++)
        {
            Call answer = answers[i];
            Call? written = calls.LastOrDefault(call => call.IsOfLog && !call.IsSync && call.Begin < answer.Begin
                && call.Text.Contains(Label(i), StringComparison.Ordinal));
            Assert.True(written is not null, $"record {i} is in no write to the log");
            if (!calls.Exists(call =>
                call.IsOfLog && call.IsSync && call.Begin > written.End && call.End < answer.Begin))
            {
                unsynced.Add(i);
            }
        }

        return unsynced;
    }

    /// <summary>The tracer's only child.</summary>
    private static int TracedBy(int tracer) => int.Parse(
        File.ReadAllText($"/proc/{tracer}/task/{tracer}/children").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>One call; begin and end are lines of the trace, which is in order of time.</summary>
    private sealed record Call(int Begin, int End, string Text)
    {
        private const string Unfinished = "<unfinished ...>";

        public bool IsSync => Text.StartsWith("fdatasync(", StringComparison.Ordinal);

        public bool IsOfLog => Text.Contains(".log>", StringComparison.Ordinal);

        /// <summary>Puts together again what strace shows in two parts because another thread's call came between.</summary>
        public static List<Call> Read(IEnumerable<string> lines)
        {
            List<Call> calls = [];
            Dictionary<string, (int Begin, string Text)> begun = [];
            int number = 0;
            foreach (string line in lines)
            {
                number++;
                string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
                (string thread, string text) = (words[0], words[1]);
                if (text.EndsWith(Unfinished, StringComparison.Ordinal))
                {
                    begun[thread] = (number, text);
                }
                else if (text.StartsWith("<... ", StringComparison.Ordinal) && begun.Remove(thread, out var first))
                {
                    calls.Add(new Call(first.Begin, number, first.Text));
                }
                else
                {
                    calls.Add(new Call(number, number, text));
                }
            }

            return calls;
        }
    }
}
