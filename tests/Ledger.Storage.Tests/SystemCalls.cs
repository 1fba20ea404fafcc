using System.Globalization;
using System.Text.RegularExpressions;
using Ledger.TestKit;

namespace Ledger.Storage.Tests;

/// <summary>One system call of a traced writer. Begin and end are places in the trace, which is in order of time.</summary>
internal sealed record SystemCall(int Begin, int End, string Name, string Path, string Text, long Result)
{
    internal bool IsSync => Name is "fdatasync" or "fsync" or "sync_file_range" && Result == 0;

    internal bool IsLogWrite => Name == "write" && Path.EndsWith(".log", StringComparison.Ordinal);

    /// <summary>The number that this call says is acknowledged; null for any other call.</summary>
    internal int? Acknowledges =>
        Name == "write" && Text.EndsWith("\\n", StringComparison.Ordinal)
        && int.TryParse(Text[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
}

/// <summary>Reads what <c>strace -f -y</c> wrote, calls that were interrupted by another thread's put together again.</summary>
internal static partial class SystemCalls
{
    /// <summary>The command that traces what a store does to its files, before the command to trace.</summary>
    internal static string[] Trace(string output, params string[] more) =>
    [
        Needs.Get("strace"), "-f", "-y", "-o", output, "-s", "32",
        "-e", "trace=write,pwrite64,fdatasync,fsync,sync_file_range,rename", .. more,
    ];

    internal static IReadOnlyList<SystemCall> Read(string trace)
    {
        var calls = new List<SystemCall>();
        var unfinished = new Dictionary<string, (int Begin, string Text)>();
        int line = 0;
        foreach (string text in File.ReadLines(trace))
        {
            line++;
            Match match = Line().Match(text);
            if (!match.Success)
            {
                continue;
            }

            string thread = match.Groups["thread"].Value;
            string rest = match.Groups["rest"].Value;
            if (rest.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[thread] = (line, rest[..^"<unfinished ...>".Length]);
                continue;
            }

            int begin = line;
            Match resumed = Resumed().Match(rest);
            if (resumed.Success && unfinished.Remove(thread, out (int Begin, string Text) first))
            {
                begin = first.Begin;
                rest = first.Text + resumed.Groups["rest"].Value;
            }

            Match call = Call().Match(rest);
            if (call.Success && long.TryParse(call.Groups["result"].Value, CultureInfo.InvariantCulture, out long result))
            {
                calls.Add(new SystemCall(
                    begin, line, call.Groups["name"].Value, call.Groups["path"].Value, call.Groups["text"].Value, result));
            }
        }

        return calls;
    }

    [GeneratedRegex(@"^(?<thread>\d+)\s+(?<rest>.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>(?<rest>.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Resumed();

    // rename("from", "to") = 0: the path is "from", the text is "to"; write(7</path>, "text"..., 5) = 5
    [GeneratedRegex(
        @"^(?<name>\w+)\((\d+<(?<path>[^>]*)>|""(?<path>[^""]*)"")(, ""(?<text>([^""\\]|\\.)*)"")?.*= (?<result>-?\d+)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Call();
}
