namespace Ledger.Core.Tests.Cbor;

/// <summary>How many cases a fuzz test runs.</summary>
internal static class FuzzCases
{
    public static int Count { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases)
            && cases > 0 ? cases : 50_000;
}
