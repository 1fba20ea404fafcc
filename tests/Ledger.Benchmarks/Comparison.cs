using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;

namespace Ledger.Benchmarks;

/// <summary>Measures each set of instructions in a process of its own, and prints them side by side.</summary>
internal static class Comparison
{
    /// <summary>Microseconds at most, with AVX-512 and with AVX2; null where no target is set.</summary>
    private static readonly (string Name, double? Avx512, double? Avx2)[] Targets =
    [
        ("verify, key never seen", 23, 31),
        ("verify, key seen before", 10, 10),
        ("verify, batch of 8, 4 keys", 5, null),
        ("verify, batch of 8, 2,048 keys", 9, null),
        ("sign", 110, 110),
        ("key generation", 40, 40),
    ];

    private static readonly (string Name, string? SwitchedOff, bool IsSupported)[] InstructionSets =
    [
        ("AVX-512", null, Avx512Vbmi.IsSupported),
        ("AVX2", "DOTNET_EnableAVX512", Avx2.IsSupported),
        ("portable", "DOTNET_EnableHWIntrinsic", true),
    ];

    public static int Run()
    {
        Dictionary<string, Dictionary<string, Timing>> results = [];
        foreach ((string name, string? switchedOff, bool isSupported) in InstructionSets)
        {
            if (isSupported)
            {
                Console.Error.WriteLine($"Measuring with {name} ...");
                results[name] = Measure(switchedOff);
            }
        }

        Print(results);
        return 0;
    }

    private static Dictionary<string, Timing> Measure(string? switchedOff)
    {
        string file = Path.GetTempFileName();
        ProcessStartInfo start = new(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Comparison).Assembly.Location);
        }

        start.ArgumentList.Add("--measure");
        start.ArgumentList.Add(file);
        if (switchedOff is not null)
        {
            start.Environment[switchedOff] = "0";
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException("A measurement failed; its output says why.");
        }

        Timing[] timings = JsonSerializer.Deserialize<Timing[]>(File.ReadAllText(file))!;
        File.Delete(file);
        return timings.ToDictionary(timing => timing.Name);
    }

    private static void Print(Dictionary<string, Dictionary<string, Timing>> results)
    {
        Console.WriteLine("Microseconds, one core: median (fastest … 95th percentile) [target]");
        Console.WriteLine($"{Environment.ProcessorCount} cores, load at the end {Load()}; .NET {Environment.Version}.");
        Console.WriteLine();
        Console.WriteLine($"| operation | {string.Join(" | ", results.Keys)} | bytes allocated |");
        Console.WriteLine($"|---|{string.Concat(Enumerable.Repeat("---|", results.Count + 1))}");
        foreach (string name in results.Values.First().Keys)
        {
            IEnumerable<string> cells = results.Select(set => Cell(set.Value[name], Target(name, set.Key)));
            long allocated = results.Values.Max(set => set[name].AllocatedBytes);
            Console.WriteLine($"| {name} | {string.Join(" | ", cells)} | {allocated} |");
        }
    }

    private static string Cell(Timing timing, double? target)
    {
        string bound = target is null ? "" : $" [≤ {target}]";
        return string.Create(
            CultureInfo.InvariantCulture, $"{timing.Median:F1} ({timing.Low:F1} … {timing.High:F1}){bound}");
    }

    private static double? Target(string name, string instructionSet)
    {
        (string Name, double? Avx512, double? Avx2) target = Targets.FirstOrDefault(target => target.Name == name);
        return instructionSet switch { "AVX-512" => target.Avx512, "AVX2" => target.Avx2, _ => null };
    }

    private static string Load() =>
        File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
