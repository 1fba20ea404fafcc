using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Snapshots;

namespace Ledger.Runtime.Loop;

/// <summary>
/// Joins by a snapshot, where the network is far ahead of a node that has nothing: asks everybody what there is, fetches
/// from many at once, goes on after an interruption, and asks a peer that lied nothing more. What was before the
/// snapshot is fetched beside the node's work.
/// </summary>
internal sealed partial class NodeLoop
{
    /// <summary>Questions under way at one peer, and at all of them.</summary>
    private const int JoinQuestionsPerPeer = 2;

    private const int JoinQuestionsMax = 16;

    private readonly SortedDictionary<PeerIdentity, int> _joinAsked = [];
    private readonly SortedSet<PeerIdentity> _liars = [];
    private SnapshotChoice? _choice;
    private ISnapshotPart? _fetching;
    private bool _mayJoin;
    private bool _concludes;
    private int _joinLife;

    /// <summary>Blocks and consensus of the network mean nothing to it yet.</summary>
    private bool IsJoining => _choice is not null || _fetching is SnapshotJoin;

    /// <summary>Takes up what an earlier life began; or notes that this one may begin it.</summary>
    private void BeginJoin()
    {
        _mayJoin = (_settings.SnapshotBlocks is not null || NeedsSnapshot) && _head.Height == Height.Zero;
        _fetching = SnapshotJoin.TryResume(_store, _genesis, _rules.Snapshots) is { } join ? join : BackFill();
        PumpJoin();
    }

    /// <summary>What was before the snapshot and is not here yet; null if nothing is missing.</summary>
    private PastPart? BackFill() => _head.Height > Height.Zero && _store.HeldFrom.Value > 1
        ? new PastPart(_store, _store.Header(_store.HeldFrom)!, _rules.Snapshots, _ => true)
        : null;

    /// <summary>Of a chain that continues another the blocks alone lead nowhere: its first stands upon the other's state.</summary>
    private bool NeedsSnapshot => _genesis.Predecessor is not null && _head.Height == Height.Zero;

    /// <summary>True if the node looks for a snapshot, and is not to ask for blocks meanwhile.</summary>
    private bool LooksForSnapshot()
    {
        if (_mayJoin && !IsJoining && _head.Height == Height.Zero && !_peers.Connected.IsEmpty)
        {
            _choice = new SnapshotChoice();
            foreach (PeerIdentity peer in Honest())
            {
                _choice.Ask(peer);
                AskForJoin(peer, new SnapshotQuestion.Offers(), answer => OnOffers(peer, answer));
            }

            Choose();
        }

        return IsJoining || NeedsSnapshot;
    }

    private IEnumerable<PeerIdentity> Honest() => _peers.Connected.Where(peer => !_liars.Contains(peer));

    private void OnOffers(PeerIdentity peer, ReadOnlyMemory<byte>? answer)
    {
        if (_choice is { } choice)
        {
            if (!choice.TryTake(peer, answer, _genesis.Bitcoin))
            {
                Drop(peer, "offers of snapshots that cannot be read");
                return;
            }

            Choose();
        }
    }

    /// <summary>Once all have answered: the best offer's walk is asked of whoever made it.</summary>
    private void Choose()
    {
        if (_choice is not { IsWaiting: false } choice)
        {
            return;
        }

        if (choice.Best() is { } best && (NeedsSnapshot || best.Offer.Height.Value >= (ulong)_settings.SnapshotBlocks!.Value))
        {
            AskForWalk(best.Peer, best.Offer, []);
            return;
        }

        // Nobody has a snapshot that is worth it: by blocks, then; or asked again, where those will not do.
        _mayJoin = NeedsSnapshot;
        _choice = null;
        if (!NeedsSnapshot)
        {
            AskForBlocks();
        }
    }

    private void AskForWalk(PeerIdentity peer, SnapshotOffer offer, ImmutableArray<SnapshotWalk> steps) =>
        AskForJoin(peer, new SnapshotQuestion.Walk(offer.Next.Height, (ulong)steps.Length), answer =>
        {
            if (_choice is null)
            {
                return;
            }

            string fault = "";
            if (_settling || _head.Height > Height.Zero)
            {
                // It heard the first blocks being settled meanwhile: by blocks, then.
                (_choice, _mayJoin) = (null, false);
                AskForBlocks();
            }
            else if (answer is not { } bytes)
            {
                _choice.Strike(peer);
                Choose();
            }
            else if (!PeerCodec.TryReadList(bytes.Span, SnapshotWalk.StepsMax, out var items)
                || items.Length + steps.Length > SnapshotWalk.StepsMax
                || SnapshotWalk.TryParseAll(items) is not { } more)
            {
                Drop(peer, "a walk to the snapshot's validators that cannot be read");
            }
            else if (more.Length > 0)
            {
                AskForWalk(peer, offer, steps.AddRange(more));
            }
            else if (SnapshotJoin.TryBegin(_store, _genesis, offer, steps, _rules.Snapshots, _queue.Batch, out fault) is { } join)
            {
                _queue.AfterSync(() => FetchPart(join));
                _queue.IfFull(() => _timers.Add(DiskPause, RestartJoin));
            }
            else
            {
                Drop(peer, fault);
            }
        });

    private void FetchPart(ISnapshotPart? part)
    {
        _choice = null;
        _fetching = part;
        PumpJoin();
    }

    /// <summary>Asks as much at once as may be, everybody in turn.</summary>
    private void PumpJoin()
    {
        if (_fetching is not { } part)
        {
            return;
        }

        foreach (PeerIdentity peer in Turn())
        {
            if (part.Next() is not { } question)
            {
                break;
            }

            AskForJoin(peer, question, answer => OnPiece(peer, part, question, answer));
        }

        _timers.Arm("join", LookAround, PumpJoin);
        if (part.IsComplete)
        {
            _queue.AfterSync(() => Complete(part));
        }
    }

    /// <summary>Peers that a question can be put to now, each as often as it may be, in turn.</summary>
    private List<PeerIdentity> Turn()
    {
        List<PeerIdentity> turn = [];
        PeerIdentity[] honest = [.. Honest()];
        for (int round = 0; round < JoinQuestionsPerPeer; round++)
        {
            turn.AddRange(honest.Where(peer => _joinAsked.GetValueOrDefault(peer) + round < JoinQuestionsPerPeer));
        }

        return [.. turn.Take(JoinQuestionsMax - _joinAsked.Values.Sum())];
    }

    private void OnPiece(PeerIdentity peer, ISnapshotPart part, SnapshotQuestion question, ReadOnlyMemory<byte>? answer)
    {
        if (part != _fetching)
        {
            return;
        }

        if (answer is not { } bytes)
        {
            part.Again(question);
            _timers.Arm("join", SyncPause, PumpJoin);
            return;
        }

        if (part.Take(question, bytes, _queue.Batch) is { } fault)
        {
            part.Again(question);
            Drop(peer, fault);
        }

        _queue.AfterSync(PumpJoin);
        _queue.IfFull(() => _timers.Add(DiskPause, RestartJoin));
    }

    /// <summary>Of what was not written, nothing counts as fetched.</summary>
    private void RestartJoin()
    {
        _joinLife++;
        _joinAsked.Clear();
        (_choice, _fetching, _concludes) = (null, null, false);
        BeginJoin();
    }

    /// <summary>Whoever sent what no honest peer sends is named, and asked nothing more.</summary>
    private void Drop(PeerIdentity peer, string fault)
    {
        _liars.Add(peer);
        _events.Publish(new PeerLied(peer, fault));
        _choice?.Strike(peer);
        Choose();
    }

    private void Complete(ISnapshotPart part)
    {
        if (part != _fetching || _concludes)
        {
            return;
        }

        if (part is SnapshotJoin join)
        {
            _concludes = true;
            AskForGovernance(join);
        }
        else
        {
            _fetching = null;
        }
    }

    /// <summary>
    /// What one peer may keep back is asked of everybody (N10): each record proves itself, so their sum is as sound.
    /// </summary>
    private void AskForGovernance(SnapshotJoin join)
    {
        PeerIdentity[] peers = [.. Honest()];
        SortedDictionary<LogIndex, Record> found = [];
        int waiting = peers.Length;
        bool any = false;
        foreach (PeerIdentity peer in peers)
        {
            AskForJoin(peer, new SnapshotQuestion.Governance(join.Offer.Height), answer =>
            {
                if (join != _fetching)
                {
                    return;
                }

                any |= answer is { } bytes && TryAddGovernance(peer, join, bytes, found);
                if (--waiting == 0)
                {
                    Conclude(join, any ? found : null);
                }
            });
        }

        if (waiting == 0)
        {
            Conclude(join, null);
        }
    }

    private bool TryAddGovernance(
        PeerIdentity peer, SnapshotJoin join, ReadOnlyMemory<byte> answer, SortedDictionary<LogIndex, Record> found)
    {
        if (SnapshotTail.TryReadGovernance(_store, join.Offer, answer.Span, _rules.Snapshots, out string fault)
            is not { } records)
        {
            Drop(peer, fault);
            return false;
        }

        foreach ((LogIndex index, Record record) in records)
        {
            found[index] = record;
        }

        return true;
    }

    /// <param name="governance">Null where nobody could say: asked again.</param>
    private void Conclude(SnapshotJoin join, SortedDictionary<LogIndex, Record>? governance)
    {
        if (governance is null)
        {
            _concludes = false;
            _timers.Arm("join", LookAround, PumpJoin);
            return;
        }

        SnapshotTail.Put(_queue.Batch, _store, _genesis, join.Offer, governance);
        Journal.DeleteUpTo(_queue.Batch, _store.Raw);
        _queue.AfterSync(OnJoined);
        _queue.IfFull(() => _timers.Add(DiskPause, RestartJoin));
    }

    /// <summary>The node stands at the snapshot's block, as if it had executed the chain up to there.</summary>
    private void OnJoined()
    {
        (_mayJoin, _concludes) = (false, false);
        Volatile.Write(ref _head, HeadLoader.Load(_store, _genesis));
        ProtocolVersion.Require(_head);
        Displace([]);
        ForgetProposals(_head.Height);
        _events.Publish(new JoinedBySnapshot(_head.Height));
        Step(new Consensus.BlockSettled(_head.Height, _head.Block, _head.Time, ValidatorsOf(_head.Configuration))
        {
            Settings = ReplicaSettingsNow(),
        });
        FetchPart(BackFill());
        SealOwnGenesis();
        ConsiderWork();
        AskForBlocks();
    }

    private void AskForJoin(PeerIdentity peer, SnapshotQuestion question, Action<ReadOnlyMemory<byte>?> answered)
    {
        int life = _joinLife;
        _joinAsked[peer] = _joinAsked.GetValueOrDefault(peer) + 1;
        _peers.Ask(peer, question.Kind, question.Encode(), answer => _queue.Post(() =>
        {
            if (life == _joinLife)
            {
                _joinAsked[peer]--;
                answered(answer);
            }
        }));
    }
}
