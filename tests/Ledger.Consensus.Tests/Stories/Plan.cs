using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>Validators of equal power, some of which lie.</summary>
internal sealed class Plan(int nodes, IReadOnlyList<int> liars)
{
    public int Nodes { get; } = nodes;

    public IReadOnlyList<int> Liars { get; } = liars;

    public ValidatorSet Validators { get; } = new(
        Enumerable.Range(0, nodes).Select(node => new Validator(VoteSignatures.KeyOf(node), new VotingPower(1))));

    public static ReplicaTiming Timing { get; } = new(
        Propose: new(Ms(300), Ms(150), Ms(2_000)),
        Prevote: new(Ms(100), Ms(100), Ms(1_000)),
        Precommit: new(Ms(100), Ms(100), Ms(1_000)),
        Resend: Ms(400),
        Precision: Ms(250),
        MessageDelay: new(Ms(400), Ms(200), Ms(100_000)));

    private static TimeSpan Ms(long count) => TimeSpan.FromTicks(count * TimeSpan.TicksPerMillisecond);
}
