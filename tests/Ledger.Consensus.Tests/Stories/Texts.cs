using System.Runtime.CompilerServices;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>A text that is put together only where a condition breaks or a transcript is kept.</summary>
[InterpolatedStringHandler]
internal ref struct LazyText
{
    private DefaultInterpolatedStringHandler _text;

    public LazyText(int literalLength, int formattedCount, bool holds, out bool isWanted)
    {
        isWanted = !holds;
        _text = isWanted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public LazyText(int literalLength, int formattedCount, World world, out bool isWanted)
        : this(literalLength, formattedCount, !world.KeepTranscript, out isWanted)
    {
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public string Take() => _text.ToStringAndClear();
}

/// <summary>How transcripts name things.</summary>
internal static class Texts
{
    public static string Show(this Vote vote, World world) =>
        $"{(vote.Step == VoteStep.Prevote ? "prevotes" : "precommits")} {world.NameOf(vote.Block)}"
        + $" in {vote.Height}/{vote.Round}";

    public static string Show(this Proposal said, World world) =>
        $"proposes {world.NameOf(said.Block)} in {said.Height}/{said.Round}"
        + (said.ValidRound is { } valid ? $", prevoted by a quorum in round {valid}" : "");

    public static string Show(this ProtocolRule rule) => $"line {(int)rule}: {rule}";
}
