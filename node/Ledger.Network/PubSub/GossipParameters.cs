namespace Ledger.Network.PubSub;

/// <summary>
/// The mesh and the gossip of gossipsub. Defaults are those of the specification and of other implementations.
/// </summary>
/// <remarks>Source: gossipsub v1.0, "Parameters"; v1.1, "Overview of New Parameters".</remarks>
internal sealed record GossipParameters
{
    /// <summary>D: peers wanted in a mesh.</summary>
    internal int Degree { get; init; } = 6;

    /// <summary>D_low: with fewer, peers are grafted.</summary>
    internal int DegreeLow { get; init; } = 4;

    /// <summary>D_high: with more, peers are pruned.</summary>
    internal int DegreeHigh { get; init; } = 12;

    /// <summary>D_score: when pruning, this many stay for their score; the rest is drawn.</summary>
    internal int DegreeScore { get; init; } = 4;

    /// <summary>D_out: peers in a mesh that we dialled. Below D_low, and at most half of D.</summary>
    internal int DegreeOut { get; init; } = 2;

    /// <summary>D_lazy: peers that gossip goes to at least.</summary>
    internal int DegreeLazy { get; init; } = 6;

    /// <summary>Share of the peers outside the mesh that gossip goes to.</summary>
    internal double GossipFactor { get; init; } = 0.25;

    internal TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>mcache_len: heartbeats that a message stays answerable.</summary>
    internal int HistoryLength { get; init; } = 5;

    /// <summary>mcache_gossip: heartbeats that a message is gossiped.</summary>
    internal int HistoryGossip { get; init; } = 3;

    internal TimeSpan SeenFor { get; init; } = TimeSpan.FromMinutes(2);

    internal TimeSpan FanoutFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Topics whose messages go before others', with room of their own in every queue.</summary>
    internal IReadOnlySet<string> First { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether a node's own messages go to every peer of the topic, and not to the mesh alone.</summary>
    internal bool FloodPublish { get; init; } = true;

    internal TimeSpan PruneBackoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The back-off told when we leave a topic ourselves.</summary>
    internal TimeSpan UnsubscribeBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest back-off taken from a peer's word.</summary>
    internal TimeSpan BackoffMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A GRAFT this soon after the PRUNE is penalised twice.</summary>
    internal TimeSpan GraftFlood { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Heartbeats between two looks at whether better peers should be grafted.</summary>
    internal int OpportunisticGraftHeartbeats { get; init; } = 60;

    internal int OpportunisticGraftPeers { get; init; } = 2;

    /// <summary>How long a message asked for with IWANT may take before its promise is broken.</summary>
    internal TimeSpan PromiseFor { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Times that one peer gets one message by IWANT.</summary>
    internal int RetransmissionsMax { get; init; } = 3;

    /// <summary>How long the application may take to judge a message.</summary>
    internal TimeSpan ValidationFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may take nothing of what waits for it.</summary>
    internal TimeSpan StalledFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <exception cref="ArgumentException">The numbers contradict each other.</exception>
    internal void Check()
    {
        Require(DegreeLow <= Degree && Degree <= DegreeHigh, "D_low ≤ D ≤ D_high");
        Require(DegreeOut < DegreeLow && DegreeOut <= Degree / 2, "D_out < D_low and D_out ≤ D / 2");
        Require(DegreeScore <= Degree, "D_score ≤ D");
        Require(HistoryGossip <= HistoryLength && HistoryGossip > 0, "0 < mcache_gossip ≤ mcache_len");
        Require(Heartbeat > TimeSpan.Zero, "a heartbeat takes time");

        static void Require(bool holds, string rule)
        {
            if (!holds)
                throw new ArgumentException($"The parameters of gossip break the rule: {rule}.", nameof(rule));
        }
    }
}
