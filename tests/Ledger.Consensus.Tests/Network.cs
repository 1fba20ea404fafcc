using Ledger.Core;

namespace Ledger.Consensus.Tests;

/// <summary>Four validators of equal power, for tests of one replica among them.</summary>
internal static class Network
{
    public static UnixTime Genesis { get; } = new(1_000);

    public static ValidatorSet Four { get; } =
        new(Enumerable.Range(0, 4).Select(i => new Validator(KeyOf(i), new VotingPower(1))));

    public static KeyId KeyOf(int validator) => new(Digest.Of([(byte)validator]));
}
