using System.Diagnostics;
using System.Globalization;

namespace Ledger.Storage.Tests;

/// <summary>A <see cref="WriterHost"/> in a process of its own, alone or under strace.</summary>
internal sealed class Writer : IDisposable
{
    private readonly Process _process;
    private readonly List<int> _acknowledged = [];
    private readonly Thread _reader;
    private readonly ManualResetEventSlim _open = new();
    private int _writer;

    private Writer(Process process)
    {
        _process = process;
        _reader = new Thread(Read);
        _reader.Start();
    }

    internal int ExitCode => _process.ExitCode;

    /// <summary>Numbers whose acknowledgement was said, in the order in which that was heard.</summary>
    internal IReadOnlyList<int> Acknowledged
    {
        get
        {
            lock (_acknowledged)
            {
                return [.. _acknowledged];
            }
        }
    }

    internal static Writer Start(
        string folder, int first = 0, int batches = 0, int threads = 1, bool sync = true, string[]? strace = null,
        bool patient = false)
    {
        string[] program =
        [
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
            typeof(WriterHost).Assembly.Location, folder, Text(first), Text(batches), Text(threads), sync ? "sync" : "nosync",
            .. patient ? ["patient"] : Array.Empty<string>(),
        ];
        string[] command = [.. strace ?? [], .. program];
        return new Writer(Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        })!);
    }

    /// <summary>Waits until the store is open, or the process has ended.</summary>
    internal void WaitUntilOpen() => Assert.True(_open.Wait(TimeSpan.FromSeconds(120)));

    internal void WaitFor(int acknowledged)
    {
        long start = Stopwatch.GetTimestamp();
        while (Acknowledged.Count < acknowledged && !_process.HasExited)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(120), "the writer makes no progress");
            Thread.Sleep(1);
        }
    }

    /// <summary>
    /// SIGKILL: nothing gets a chance to tidy up. Goes to the writer and not to strace, which would let the writer run on
    /// for a moment with nobody watching; it ends by itself.
    /// </summary>
    internal void Kill()
    {
        int writer = Volatile.Read(ref _writer);
        if (writer == 0)
        {
            _process.Kill(entireProcessTree: true);
        }
        else
        {
            Signal(writer);
        }

        WaitForExit();
    }

    internal void WaitForExit()
    {
        Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(180)), "the writer does not end");
        _reader.Join();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _reader.Join();
        _process.Dispose();
        _open.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Signal(int process)
    {
        try
        {
            using Process writer = Process.GetProcessById(process);
            writer.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended by itself.
        }
    }

    private void Read()
    {
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("pid ", StringComparison.Ordinal))
            {
                Volatile.Write(ref _writer, int.Parse(line[4..], CultureInfo.InvariantCulture));
                continue;
            }

            _open.Set();
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                lock (_acknowledged)
                {
                    _acknowledged.Add(number);
                }
            }
        }

        _open.Set();
    }
}
