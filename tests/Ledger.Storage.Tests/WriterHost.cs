using System.Globalization;
using Ledger.Runtime.Ports;

namespace Ledger.Storage.Tests;

/// <summary>
/// The test assembly run as a program: writes the numbered batches of <see cref="SampleStore"/> into a store and prints
/// each number once it is acknowledged, so that a parent can kill it, trace it or fail its system calls.
/// Arguments: folder, first number, batches (0: until killed), threads, "sync" or "nosync", and "patient" where a number
/// that is refused for want of space is passed over and the next is tried a moment later.
/// Exit codes: 0 done, 3 store full, 4 store corrupt, 5 other disk error.
/// </summary>
internal static class WriterHost
{
    internal const int Full = 3;
    internal const int Corrupt = 4;
    internal const int Failed = 5;

    private static readonly RocksStoreOptions Options = new()
    {
        FreeBytesReserve = 0,
        WriteBufferBytes = 1 << 20, // flushes and compactions happen within a second
        LogBytesMax = 2 << 20,
        FileBytes = 256 << 10,
    };

    private static int Main(string[] arguments)
    {
        int Number(int index) => int.Parse(arguments[index], CultureInfo.InvariantCulture);
        try
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"pid {Environment.ProcessId}"));
            using var store = RocksStore.Open(arguments[0], Options with { SyncWrites = arguments[4] == "sync" });
            Say("open");
            Write(store, Number(1), Number(2), Number(3), patient: arguments.Length > 5);
            return 0;
        }
        catch (Exception error) when (error is StoreFullException or StoreCorruptException or IOException)
        {
            Console.Error.WriteLine(error.Message);
            return error is StoreFullException ? Full : error is StoreCorruptException ? Corrupt : Failed;
        }
    }

    /// <summary>Threads take the numbers in turn; <see cref="SampleStore.Batch"/> makes each independent of the others.</summary>
    private static void Write(RocksStore store, int first, int count, int threads, bool patient)
    {
        Exception? failure = null;
        Thread[] writers = [.. Enumerable.Range(0, threads).Select(index => new Thread(() =>
        {
            try
            {
                for (int i = index; (count == 0 || i < count) && Volatile.Read(ref failure) is null; i += threads)
                {
                    if (TryWrite(store, SampleStore.Batch(first + i), patient))
                    {
                        Say(string.Create(CultureInfo.InvariantCulture, $"{first + i}"));
                    }
                }
            }
            catch (Exception error)
            {
                Volatile.Write(ref failure, error);
            }
        }))];
        Array.ForEach(writers, writer => writer.Start());
        Array.ForEach(writers, writer => writer.Join());
        if (failure is not null)
        {
            throw failure;
        }
    }

    private static bool TryWrite(RocksStore store, StoreBatch batch, bool patient)
    {
        try
        {
            store.Write(batch);
            return true;
        }
        catch (StoreFullException) when (patient)
        {
            Thread.Sleep(100);
            return false;
        }
    }

    /// <summary>One write call a line, so that what the parent reads was said before the kill.</summary>
    private static void Say(string line) => Console.Out.WriteLine(line);
}
