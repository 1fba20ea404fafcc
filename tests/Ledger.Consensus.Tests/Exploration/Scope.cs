using Ledger.Core;

namespace Ledger.Consensus.Tests.Exploration;

/// <summary>How much is explored: four validators of equal power, one of which lies, at height 1.</summary>
/// <param name="Liar">Who lies: 0 proposes in round 0, 1 in round 1, and so on.</param>
/// <param name="Restarts">
/// Whether anyone may crash at any time and go on from his journal, as often as he likes.
/// </param>
/// <param name="Rounds">1 to 3; a validator that would leave the last one stops.</param>
internal sealed record Scope(int Liar, int Rounds, bool Restarts, SafetyRules Rules)
{
    public const int Validators = 4;
    public const int RoundsMax = 3;

    /// <summary>The block that whoever proposes in that round would build.</summary>
    public static BlockId[] Blocks { get; } =
        [.. Enumerable.Range(0, RoundsMax).Select(round => new BlockId(Digest.Of([(byte)round])))];

    /// <summary>Who tells the truth, in their order.</summary>
    public int[] Honest { get; } = [.. Enumerable.Range(0, Validators).Where(index => index != Liar)];

    /// <summary>With equal powers turns go round at height 1.</summary>
    public static int ProposerOf(int round) => round % Validators;

    /// <summary>Whether two honest validators can be exchanged: neither has a turn.</summary>
    public bool AreAlike(int one, int other) => Honest[one] >= Rounds && Honest[other] >= Rounds;

    public static int IndexOf(BlockId block) => Array.IndexOf(Blocks, block);
}
