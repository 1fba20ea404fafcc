using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text.Json;
using Ledger.TestKit;

namespace Ledger.Benchmarks;

/// <summary>Measures each set of instructions in a process of its own, and prints them side by side.</summary>
internal static class Comparison
{
    private const string Whole = "record as a whole, batch of 64";
    private const string Avx512 = "AVX-512";
    private const string Avx2Only = "AVX2";

    /// <summary>Microseconds at most, with AVX-512 and with AVX2; null where no target is set.</summary>
    private static readonly (string Name, double? Avx512, double? Avx2)[] Targets =
    [
        ("verify, key never seen", 23, 31),
        ("verify, key seen before", 10, 10),
        ("verify, batch of 8, 4 keys", 5, null),
        ("verify, batch of 8, 2,048 keys", 9, null),
        ("sign", 110, 110),
        ("key generation", 40, 40),
        (Whole, 12, 12),
    ];

    /// <summary>What a record as a whole cannot be faster than, as long as these parts are what they are.</summary>
    private static readonly string[] PartsOfWhole =
        ["signatures of these alone, batch of 64", "record id, batch of 64", "entry, batch of 64"];

    private static readonly (string Name, string? SwitchedOff, bool IsSupported)[] InstructionSets =
    [
        (Avx512, null, Avx512Vbmi.IsSupported),
        (Avx2Only, "DOTNET_EnableAVX512", Avx2.IsSupported),
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
                results[name] = Measure(Own(), "ours", switchedOff);
            }
        }

        Dictionary<string, Timing> platform = MeasurePlatform(out string which);
        Print(results, platform, which);
        return 0;
    }

    private static ProcessStartInfo Own()
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Comparison).Assembly.Location);
        }

        return start;
    }

    /// <summary>This machine's, else that of the newest system, where the tests have fetched one.</summary>
    private static Dictionary<string, Timing> MeasurePlatform(out string which)
    {
        if (MLDsa.IsSupported)
        {
            which = "platform";
            Console.Error.WriteLine("Measuring the platform's ...");
            return Measure(Own(), "platform", switchedOff: null);
        }

        if (Needs.Find("openssl") is not { } loader)
        {
            which = "platform: not measured, tests/setup.sh openssl fetches one";
            return [];
        }

        which = "OpenSSL of Debian sid, through .NET";
        Console.Error.WriteLine("Measuring the platform's on the newest system's libraries ...");
        using NewestSystem system = new(loader);
        return Measure(system.Start(typeof(Comparison).Assembly.Location), "platform", switchedOff: null);
    }

    private static Dictionary<string, Timing> Measure(ProcessStartInfo start, string whose, string? switchedOff)
    {
        string file = Path.GetTempFileName();
        start.RedirectStandardOutput = false;
        start.RedirectStandardError = false;
        start.ArgumentList.Add("--measure");
        start.ArgumentList.Add(whose);
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

    private static void Print(
        Dictionary<string, Dictionary<string, Timing>> results, Dictionary<string, Timing> platform, string which)
    {
        Console.WriteLine("`dotnet run -c Release --project tests/Ledger.Benchmarks`, microseconds on one core:");
        Console.WriteLine("median (fastest … 95th percentile of 40 iterations) [target].");
        Console.WriteLine(
            $"{Processor()}, {Environment.ProcessorCount} cores, load at the end {Load()}; "
            + $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}.");
        Console.WriteLine();
        Console.WriteLine($"| operation | {string.Join(" | ", results.Keys)} | {which} | bytes allocated |");
        Console.WriteLine($"|---|{string.Concat(Enumerable.Repeat("---|", results.Count + 2))}");
        foreach (string name in results.Values.First().Keys)
        {
            IEnumerable<string> cells = results.Select(set => Cell(set.Value[name], Target(name, set.Key)));
            string theirs = platform.TryGetValue(name, out Timing? timing) ? Cell(timing, target: null) : "";
            long allocated = results.Values.Max(set => set[name].AllocatedBytes);
            Console.WriteLine($"| {name} | {string.Join(" | ", cells)} | {theirs} | {allocated} |");
        }

        IEnumerable<string> sums = results.Values.Select(
            set => string.Create(CultureInfo.InvariantCulture, $"{PartsOfWhole.Sum(part => set[part].Median):F1}"));
        Console.WriteLine(
            $"| raw limit of a record as a whole: signature, id and entry alone | {string.Join(" | ", sums)} | | |");
    }

    private static string Cell(Timing timing, double? target)
    {
        string bound = target is null ? "" : $" [≤ {target}]";
        string digits = timing.Median < 1 ? "F2" : "F1";
        return $"{Text(timing.Median)} ({Text(timing.Low)} … {Text(timing.High)}){bound}";

        string Text(double microseconds) => microseconds.ToString(digits, CultureInfo.InvariantCulture);
    }

    private static double? Target(string name, string instructionSet)
    {
        (string Name, double? Avx512, double? Avx2) target = Targets.FirstOrDefault(target => target.Name == name);
        return instructionSet switch { Avx512 => target.Avx512, Avx2Only => target.Avx2, _ => null };
    }

    internal static string Processor()
    {
        IEnumerable<string> lines = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo") : [];
        string? model = lines.FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return model?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    internal static string Load() =>
        File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
