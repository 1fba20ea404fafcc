namespace Ledger.Network.PubSub.Scoring;

/// <summary>The counters of one peer.</summary>
internal sealed class PeerConduct
{
    internal SortedDictionary<string, TopicConduct> Topics { get; } = new(StringComparer.Ordinal);

    internal string? Address { get; set; }

    internal double Application { get; set; }

    internal double Behaviour { get; set; }

    /// <summary>Its place among the peers that left; null while it is connected.</summary>
    internal LinkedListNode<PeerName>? Kept { get; set; }

    internal TimeSpan KeptUntil { get; set; }

    internal void Decay(ScoreParameters parameters)
    {
        Behaviour = Decayed(Behaviour, parameters.BehaviourDecay, parameters);
        foreach ((string name, TopicConduct topic) in Topics)
        {
            TopicScoreParameters own = parameters.Of(name);
            topic.FirstDeliveries = Decayed(topic.FirstDeliveries, own.FirstDeliveriesDecay, parameters);
            topic.MeshDeliveries = Decayed(topic.MeshDeliveries, own.MeshDeliveriesDecay, parameters);
            topic.MeshFailures = Decayed(topic.MeshFailures, own.MeshFailureDecay, parameters);
            topic.Invalid = Decayed(topic.Invalid, own.InvalidDecay, parameters);
        }
    }

    internal void MeasureTime(TimeSpan now, ScoreParameters parameters)
    {
        foreach ((string name, TopicConduct topic) in Topics)
        {
            topic.InMesh = topic.GraftedAt is { } since ? now - since : TimeSpan.Zero;
            topic.MeshDeliveriesActive |= topic.InMesh > parameters.Of(name).MeshDeliveriesActivation;
        }
    }

    private static double Decayed(double value, double factor, ScoreParameters parameters) =>
        value * factor < parameters.DecayToZero ? 0 : value * factor;
}

/// <summary>The counters of one peer in one topic.</summary>
internal sealed class TopicConduct
{
    /// <summary>Null outside the mesh.</summary>
    internal TimeSpan? GraftedAt { get; set; }

    internal TimeSpan InMesh { get; set; }

    internal bool MeshDeliveriesActive { get; set; }

    internal double FirstDeliveries { get; set; }

    internal double MeshDeliveries { get; set; }

    internal double MeshFailures { get; set; }

    internal double Invalid { get; set; }

    /// <summary>P3.</summary>
    internal double SquaredDeficit(TopicScoreParameters parameters)
    {
        double deficit = parameters.MeshDeliveriesThreshold - MeshDeliveries;
        return MeshDeliveriesActive && deficit > 0 ? deficit * deficit : 0;
    }

    internal double Score(TopicScoreParameters parameters)
    {
        double p1 = GraftedAt is null ? 0 : Math.Min(InMesh / parameters.TimeInMeshQuantum, parameters.TimeInMeshCap);
        double p3 = GraftedAt is null ? 0 : SquaredDeficit(parameters);
        return parameters.Weight
            * (p1 * parameters.TimeInMeshWeight
                + FirstDeliveries * parameters.FirstDeliveriesWeight
                + p3 * parameters.MeshDeliveriesWeight
                + MeshFailures * parameters.MeshFailureWeight
                + Invalid * Invalid * parameters.InvalidWeight);
    }
}
