using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Runtime.Status;

namespace Ledger.Runtime.Loop;

/// <summary>
/// What others may read of the loop while it works, and while it does not: an immutable snapshot, put in place after each
/// sync, so that a reader waits for nothing and a loop that hangs in a write still has its last word read.
/// </summary>
internal sealed partial class NodeLoop
{
    /// <summary>When each validator last said something new, by vote key.</summary>
    private readonly Dictionary<KeyId, UnixTime> _lastHeard = [];
    private NodeStanding? _standing;

    /// <summary>Null until an earlier run is taken up. Safe from any thread.</summary>
    public NodeStanding? Standing => Volatile.Read(ref _standing);

    /// <summary>Others say again what a validator once said; only what is new shows that it lives.</summary>
    private void NoteWord(Input input, List<Effect> effects)
    {
        ValidatorIndex? author = input switch
        {
            VoteHeard heard => heard.Vote.Validator,
            ProposalHeard heard => heard.Proposal.Proposer,
            _ => null,
        };
        if (author is { } index && index.Value < _head.Configuration.Validators.Length
            && !effects.Exists(effect => effect is Ignored ignored && ReferenceEquals(ignored.Input, input)))
        {
            _lastHeard[_head.Configuration.Validators[index.Value].VoteKeyId] = Now;
        }
    }

    private void PublishStanding()
    {
        if (_replica is null)
        {
            return;
        }

        NodeStanding? before = _standing;
        ReplicaStanding replica = _replica.Standing();
        bool sameHeight = before?.Replica.Height == replica.Height && before.IsOpen == NodeStanding.Opens(replica.Step);
        bool sameStep = sameHeight && before!.Replica.Round == replica.Round && before.Replica.Step == replica.Step;
        NodeStanding now = new(replica, _head.Configuration)
        {
            HeightSince = sameHeight ? before!.HeightSince : Now,
            StepSince = sameStep ? before!.StepSince : Now,
            LastHeard = LastHeard(before),
            Waiting = _mempool.Count,
            IsDiskFull = _queue.IsFull,
            RecordsMissing = _fetcher.Missing,
            BlocksMissing = _checking.Count,
            KnownHeight = Furthest(),
        };
        if (now != before)
        {
            Volatile.Write(ref _standing, now);
        }
    }

    /// <summary>The highest block that this node knows of, its own or one that others show.</summary>
    private Height Furthest()
    {
        Height furthest = _head.Height;
        furthest = _ahead.Count > 0 && _ahead.Last().Key > furthest ? _ahead.Last().Key : furthest;
        return _syncTarget > furthest.Next ? new Height(_syncTarget.Value - 1) : furthest;
    }

    /// <summary>The array of before, where nobody said anything new since.</summary>
    private ImmutableArray<UnixTime?> LastHeard(NodeStanding? before)
    {
        ImmutableArray<Core.Chain.Validator> validators = _head.Configuration.Validators;
        UnixTime?[] heard = new UnixTime?[validators.Length];
        for (int i = 0; i < heard.Length; i++)
        {
            heard[i] = _lastHeard.TryGetValue(validators[i].VoteKeyId, out UnixTime at) ? at : null;
        }

        return before is not null && before.LastHeard.AsSpan().SequenceEqual(heard) ? before.LastHeard : [.. heard];
    }
}
