using Ledger.Crypto;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Simulator;

/// <summary>The keys of a run: ML-DSA-65, or stand-ins of the same length. Thread-safe.</summary>
internal sealed class KeyRing(Func<int, SigningKey> make)
{
    private readonly Dictionary<int, SigningKey> _made = [];

    public static KeyRing StandIn { get; } = new(KeyedHashes.KeyOf);

    public static KeyRing Real { get; } = new(number => SigningKey.FromSeed(TestNetwork.Seed(number)));

    /// <summary>Signs votes and proposals.</summary>
    public SigningKey VoteOf(int node) => Of(1_000 + node);

    /// <summary>Signs the node's own stream.</summary>
    public SigningKey StreamOf(int node) => Of(2_000 + node);

    /// <summary>Kept beside the first, to be put into force by a decision.</summary>
    public SigningKey NextVoteOf(int node) => Of(4_000 + node);

    public SigningKey GovernanceOf(int node) => Of(3_000 + node);

    /// <summary>Of one who has records to seal.</summary>
    public SigningKey OperatorOf(int number) => Of(10_000 + number);

    private SigningKey Of(int number)
    {
        lock (_made)
        {
            return _made.TryGetValue(number, out SigningKey? key) ? key : _made[number] = make(number);
        }
    }
}
