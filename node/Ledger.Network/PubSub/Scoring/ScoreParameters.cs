namespace Ledger.Network.PubSub.Scoring;

/// <summary>How a peer's conduct becomes a number. The values in use are published in <c>node/README.md</c>.</summary>
/// <remarks>Source: gossipsub v1.1, "Peer Scoring".</remarks>
internal sealed record ScoreParameters
{
    /// <summary>Scores of topics that are not named here.</summary>
    internal TopicScoreParameters Topic { get; init; } = new();

    internal IReadOnlyDictionary<string, TopicScoreParameters> Topics { get; init; } =
        new Dictionary<string, TopicScoreParameters>();

    /// <summary>TopicCap: what all topics together add at most.</summary>
    internal double TopicCap { get; init; } = 20;

    /// <summary>w5.</summary>
    internal double ApplicationWeight { get; init; } = 1;

    /// <summary>w6.</summary>
    internal double ColocationWeight { get; init; } = -5;

    /// <summary>Peers at one address that are no surplus yet.</summary>
    internal int ColocationThreshold { get; init; } = 10;

    /// <summary>w7.</summary>
    internal double BehaviourWeight { get; init; } = -10;

    /// <summary>What of the counter is forgiven.</summary>
    internal double BehaviourThreshold { get; init; } = 6;

    internal double BehaviourDecay { get; init; } = 0.98;

    internal TimeSpan DecayInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Below this a decayed counter is zero.</summary>
    internal double DecayToZero { get; init; } = 0.01;

    /// <summary>How long the score of a peer that left is kept.</summary>
    internal TimeSpan RetainFor { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Below it no gossip is sent or heeded.</summary>
    internal double GossipThreshold { get; init; } = -10;

    /// <summary>Below it our own messages are not sent.</summary>
    internal double PublishThreshold { get; init; } = -50;

    /// <summary>Below it nothing is heeded, and the peer is let go.</summary>
    internal double GraylistThreshold { get; init; } = -80;

    /// <summary>A mesh whose median is below it may graft better peers.</summary>
    internal double OpportunisticGraftThreshold { get; init; } = 2;

    internal TopicScoreParameters Of(string topic) => Topics.GetValueOrDefault(topic, Topic);
}

/// <summary>P1 to P4 of one topic.</summary>
internal sealed record TopicScoreParameters
{
    internal double Weight { get; init; } = 1;

    /// <summary>w1, per quantum in the mesh.</summary>
    internal double TimeInMeshWeight { get; init; } = 0.05;

    internal TimeSpan TimeInMeshQuantum { get; init; } = TimeSpan.FromSeconds(12);

    internal double TimeInMeshCap { get; init; } = 100;

    /// <summary>w2.</summary>
    internal double FirstDeliveriesWeight { get; init; } = 0.1;

    internal double FirstDeliveriesDecay { get; init; } = 0.99;

    internal double FirstDeliveriesCap { get; init; } = 100;

    /// <summary>
    /// w3. Zero unless a topic is known to carry a steady flow: in one that may rest, an honest peer has nothing to
    /// deliver either.
    /// </summary>
    internal double MeshDeliveriesWeight { get; init; }

    internal double MeshDeliveriesDecay { get; init; } = 0.9;

    internal double MeshDeliveriesCap { get; init; } = 100;

    internal double MeshDeliveriesThreshold { get; init; } = 5;

    /// <summary>How long after the first delivery a second one still counts.</summary>
    internal TimeSpan MeshDeliveriesWindow { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a peer is in the mesh before deliveries are expected of it.</summary>
    internal TimeSpan MeshDeliveriesActivation { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>w3b. Zero with <see cref="MeshDeliveriesWeight"/>.</summary>
    internal double MeshFailureWeight { get; init; }

    internal double MeshFailureDecay { get; init; } = 0.95;

    /// <summary>w4.</summary>
    internal double InvalidWeight { get; init; } = -20;

    internal double InvalidDecay { get; init; } = 0.995;
}
