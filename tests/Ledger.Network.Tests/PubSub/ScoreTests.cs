using Ledger.Network.PubSub;
using Ledger.Network.PubSub.Scoring;

namespace Ledger.Network.Tests.PubSub;

/// <summary>The seven parts of the score, each by the specification's formula, and what thresholds do.</summary>
public sealed class ScoreTests
{
    private const string Topic = "t";
    private static readonly PeerName Peer = new("a");
    private static readonly TopicScoreParameters None = new()
    {
        TimeInMeshWeight = 0, FirstDeliveriesWeight = 0, InvalidWeight = 0,
    };

    [Fact]
    public void P1_time_in_the_mesh_counts_by_the_quantum_up_to_its_cap()
    {
        PeerScores scores = Scores(new()
        {
            Topic = None with
            {
                TimeInMeshWeight = 0.5, TimeInMeshQuantum = TimeSpan.FromSeconds(2), TimeInMeshCap = 10,
            },
        });
        scores.Grafted(Peer, Topic, TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(8));
        Assert.Equal(0.5 * 4, scores.Of(Peer), 9);
        scores.Refresh(TimeSpan.FromSeconds(100));
        Assert.Equal(0.5 * 10, scores.Of(Peer), 9);
        scores.Pruned(Peer, Topic);
        Assert.Equal(0, scores.Of(Peer));
    }

    [Fact]
    public void P2_first_deliveries_count_up_to_their_cap_and_decay()
    {
        PeerScores scores = Scores(new()
        {
            Topic = None with { FirstDeliveriesWeight = 2, FirstDeliveriesCap = 4, FirstDeliveriesDecay = 0.5 },
        });
        for (int i = 0; i < 3; i++)
            scores.DeliveredFirst(Peer, Topic);
        Assert.Equal(6, scores.Of(Peer), 9);
        for (int i = 0; i < 3; i++)
            scores.DeliveredFirst(Peer, Topic);
        Assert.Equal(8, scores.Of(Peer), 9);
        scores.Refresh(TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(2));
        Assert.Equal(2, scores.Of(Peer), 9);
        scores.Refresh(TimeSpan.FromSeconds(60));
        Assert.Equal(0, scores.Of(Peer));
    }

    [Fact]
    public void P3_and_P3b_a_deficit_counts_squared_once_active_and_stays_with_a_pruned_peer()
    {
        PeerScores scores = Scores(new()
        {
            Topic = None with
            {
                MeshDeliveriesWeight = -1, MeshDeliveriesThreshold = 5, MeshDeliveriesCap = 8,
                MeshDeliveriesDecay = 0.999,
                MeshDeliveriesActivation = TimeSpan.FromSeconds(3), MeshFailureWeight = -2, MeshFailureDecay = 0.5,
            },
        });
        scores.Refresh(TimeSpan.Zero);
        scores.Grafted(Peer, Topic, TimeSpan.Zero);
        scores.DeliveredNearFirst(Peer, Topic);
        scores.DeliveredNearFirst(Peer, Topic);
        scores.Refresh(TimeSpan.FromSeconds(0.9));
        Assert.Equal(0, scores.Of(Peer));
        scores.Refresh(TimeSpan.FromSeconds(3.5));
        double deficit = 5 - 2 * Math.Pow(0.999, 3);
        Assert.Equal(-deficit * deficit, scores.Of(Peer), 9);
        scores.Pruned(Peer, Topic);
        Assert.Equal(-2 * deficit * deficit, scores.Of(Peer), 9);
        scores.Refresh(TimeSpan.FromSeconds(4.5));
        Assert.Equal(-deficit * deficit, scores.Of(Peer), 9);
    }

    [Fact]
    public void P3_deliveries_outside_the_mesh_do_not_count()
    {
        PeerScores scores = Scores(new()
        {
            Topic = None with { MeshDeliveriesWeight = -1, MeshDeliveriesActivation = TimeSpan.FromSeconds(1) },
        });
        for (int i = 0; i < 20; i++)
            scores.DeliveredNearFirst(Peer, Topic);
        scores.Grafted(Peer, Topic, TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(2));
        Assert.Equal(-25, scores.Of(Peer), 9);
    }

    [Fact]
    public void P4_invalid_messages_count_squared_and_decay()
    {
        PeerScores scores = Scores(new() { Topic = None with { InvalidWeight = -3, InvalidDecay = 0.5 } });
        scores.DeliveredInvalid(Peer, Topic);
        scores.DeliveredInvalid(Peer, Topic);
        Assert.Equal(-12, scores.Of(Peer), 9);
        scores.Refresh(TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(1));
        Assert.Equal(-3, scores.Of(Peer), 9);
    }

    [Fact]
    public void P5_P6_P7_count_by_peer()
    {
        PeerScores scores = new(new()
        {
            Topic = None, ApplicationWeight = 2, ColocationWeight = -1, ColocationThreshold = 2,
            BehaviourWeight = -1, BehaviourThreshold = 1,
        }, retainedMax: 10);
        for (int peer = 0; peer < 5; peer++)
            scores.Connected(new($"{peer}"), "192.0.2.1");
        scores.Connected(Peer, "192.0.2.2");
        Assert.Equal(-9, scores.Of(new("0")), 9);
        Assert.Equal(0, scores.Of(Peer));
        scores.Gone(new("4"), TimeSpan.Zero);
        Assert.Equal(-4, scores.Of(new("0")), 9);
        scores.Appraise(Peer, -7);
        Assert.Equal(-14, scores.Of(Peer), 9);
        scores.Penalise(Peer, 4);
        Assert.Equal(-14 - 9, scores.Of(Peer), 9);
    }

    [Fact]
    public void Topics_are_weighted_and_together_capped()
    {
        PeerScores scores = Scores(new()
        {
            TopicCap = 10,
            Topic = None with { FirstDeliveriesWeight = 1 },
            Topics = new Dictionary<string, TopicScoreParameters>
            {
                ["heavy"] = None with { FirstDeliveriesWeight = 1, Weight = 3 },
            },
        });
        scores.DeliveredFirst(Peer, Topic);
        scores.DeliveredFirst(Peer, "heavy");
        Assert.Equal(1 + 3, scores.Of(Peer), 9);
        for (int i = 0; i < 30; i++)
            scores.DeliveredFirst(Peer, Topic);
        Assert.Equal(10, scores.Of(Peer), 9);
    }

    [Fact]
    public void A_bad_score_outlives_the_connection_and_a_good_one_does_not()
    {
        PeerScores scores = Scores(new() { RetainFor = TimeSpan.FromMinutes(10), BehaviourDecay = 0.9999 });
        scores.Penalise(Peer, 10);
        double before = scores.Of(Peer);
        Assert.True(before < 0);
        scores.Gone(Peer, TimeSpan.Zero);
        scores.Connected(Peer, null);
        Assert.Equal(before, scores.Of(Peer), 9);
        scores.Gone(Peer, TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromMinutes(11));
        Assert.Equal(0, scores.Retained);

        scores.Connected(Peer, null);
        scores.DeliveredFirst(Peer, Topic);
        Assert.True(scores.Of(Peer) > 0);
        scores.Gone(Peer, TimeSpan.FromMinutes(11));
        Assert.Equal(0, scores.Of(Peer));
    }

    [Fact]
    public void Scores_of_peers_that_left_are_bounded_in_number()
    {
        PeerScores scores = new(new(), retainedMax: 10);
        for (int i = 0; i < 50; i++)
        {
            PeerName peer = new($"{i}");
            scores.Connected(peer, null);
            scores.Penalise(peer, 20);
            scores.Gone(peer, TimeSpan.Zero);
        }
        Assert.Equal(10, scores.Retained);
        Assert.True(scores.Of(new("49")) < 0);
        Assert.Equal(0, scores.Of(new("39")));
    }

    [Fact]
    public void What_a_peer_delivered_before_it_left_makes_no_entry_for_it()
    {
        PeerScores scores = new(new(), retainedMax: 10);
        scores.DeliveredFirst(Peer, Topic);
        scores.DeliveredInvalid(Peer, Topic);
        scores.Penalise(Peer, 10);
        Assert.Equal(0, scores.Of(Peer));
        Assert.Equal(0, scores.Topics);
    }

    private static PeerScores Scores(ScoreParameters parameters)
    {
        PeerScores scores = new(parameters, retainedMax: 10);
        scores.Connected(Peer, null);
        return scores;
    }
}
