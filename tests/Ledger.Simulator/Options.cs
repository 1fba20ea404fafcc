using System.Globalization;

namespace Ledger.Simulator;

/// <summary>What was asked for on the command line.</summary>
internal sealed record Options(ulong First, ulong Last, int Cores, Bug? Bug, bool Transcript, bool Json)
{
    public const string Help =
        """
        Usage: ledger simulate --seeds A..B [--cores N] [--bug NAME] [--transcript] [--json]

        Runs whole networks in virtual time, one for each seed: 4 to 10 nodes as the product runs them, less than a
        third of the power lying, with faults of every kind. Exit 0 if nothing broke, 1 if something did.

          --seeds A..B   first and last seed; one number for one seed
          --cores N      seeds that run at the same time; all cores unless said
          --bug NAME     with a deliberate bug, to see it found; --bug list names them
          --transcript   what was said and done, instead of the sums
          --json         one JSON document on standard output and nothing else
        """;

    /// <param name="wrong">What to change; null where help was asked for.</param>
    public static bool TryParse(string[] arguments, out Options options, out string? wrong)
    {
        options = new Options(0, 0, Environment.ProcessorCount, null, false, false);
        wrong = null;
        bool seeded = false;
        for (int i = 0; i < arguments.Length && wrong is null; i++)
        {
            string next = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--help" or "-h":
                    return false;
                case "--transcript":
                    options = options with { Transcript = true };
                    break;
                case "--json":
                    options = options with { Json = true };
                    break;
                case "--seeds" when TryParseSeeds(next, out ulong first, out ulong last):
                    options = options with { First = first, Last = last };
                    seeded = true;
                    i++;
                    break;
                case "--cores" when int.TryParse(next, out int cores) && cores is > 0 and < 1_000:
                    options = options with { Cores = cores };
                    i++;
                    break;
                case "--bug" when Bugs.All.FirstOrDefault(bug => bug.Name == next) is { } bug:
                    options = options with { Bug = bug };
                    i++;
                    break;
                case "--bug":
                    wrong = $"--bug takes one of: {string.Join(", ", Bugs.All)}";
                    break;
                default:
                    wrong = $"'{arguments[i]}' with '{next}' means nothing here; see ledger simulate --help.";
                    break;
            }
        }

        wrong ??= seeded ? null : "Say which seeds: ledger simulate --seeds 1..500";
        wrong ??= options.Json && options.Transcript ? "A transcript is text: leave --json or --transcript out." : null;
        return wrong is null;
    }

    private static bool TryParseSeeds(string text, out ulong first, out ulong last)
    {
        string[] ends = text.Split("..");
        last = 0;
        return ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && ulong.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out last)
            && ends.Length <= 2
            && first <= last
            && last < ulong.MaxValue;
    }
}
