namespace Ledger.Crypto.Tests;

/// <summary>
/// How much a test compared, for who wants to see it: a line for each item in the file that LEDGER_COUNTS names.
/// <c>tests/signatures.sh</c> prints them.
/// </summary>
internal static class Counts
{
    private static readonly string? Target = Environment.GetEnvironmentVariable("LEDGER_COUNTS");
    private static readonly Lock Gate = new();

    /// <param name="item">A word that the script knows.</param>
    public static void Add(string item, string counted)
    {
        if (Target is { Length: > 0 })
        {
            lock (Gate)
            {
                File.AppendAllText(Target, $"{item}\t{counted}\n");
            }
        }
    }
}
