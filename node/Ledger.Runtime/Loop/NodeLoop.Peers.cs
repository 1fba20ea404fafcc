using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>What peers say and ask, and what is said and answered to them.</summary>
internal sealed partial class NodeLoop
{
    /// <summary>Messages and records of peers that wait for the loop; what comes on top is dropped, and comes again.</summary>
    private const int BacklogMax = 4_096;

    /// <summary>Peers that are told where this replica stands when nothing moves.</summary>
    private const int PositionsTold = 3;

    /// <summary>Settled blocks in one answer stay below this, so that a peer with a slow line gets somewhere.</summary>
    private const int BlocksBytes = 2 * 1024 * 1024;

    private int _backlog;
    private ulong _lastToken;
    private (PeerToken Token, List<ReadOnlyMemory<byte>> Messages, SettledBlock? Block)? _answering;

    /// <inheritdoc/>
    public Worth Hear(ReadOnlyMemory<byte> message)
    {
        ChainHead head = Head;
        Worth worth = MessageDoor.Judge(head, message.Span, _rules, out ConsensusMessage? read);
        return read is null || TryPost(() => Take(head, message, read)) ? worth : Worth.Drop;
    }

    /// <inheritdoc/>
    public void HearRecords(IReadOnlyList<ReadOnlyMemory<byte>> records, Action<Worth> judged)
    {
        if (records.Any(Freeze.IsOne))
        {
            HearFreezes(records, judged);
            return;
        }

        Refusal?[] refusals = new Refusal?[records.Count];
        VerifiedRecord?[] verified = _verifier.Verify(records, refusals);
        if (refusals.Any(refusal => refusal is { Kind: RefusalKind.Unsound }))
        {
            judged(Worth.Blame);
        }
        else if (verified.All(one => one is null || !IsSponsored(one.Record))
            || !TryPost(() => OfferShared(verified, refusals)))
        {
            judged(Worth.Drop);
        }
        else
        {
            judged(Worth.PassOn);
        }
    }

    /// <summary>
    /// Whether somebody answers for the record's stream: nobody else's can settle, whatever comes before them. Safe from
    /// any thread.
    /// </summary>
    private bool IsSponsored(Record record) =>
        Head.Configuration.Admission.IsOpen
        || AdmissionRules.SponsorOf(Head.Configuration, record.Stream) is not null
        || _store.Stream(record.Stream) is not null;

    /// <inheritdoc/>
    public void HearQuestion(
        PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answer)
    {
        switch (question)
        {
            case Question.Records:
                answer(PeerCodec.Answer(PeerCodec.TryReadIds(content.Span, out var ids)
                    ? PeerCodec.List(ids.Select(id => _store.RecordBytes(id)).OfType<byte[]>()
                        .Select(bytes => (ReadOnlyMemory<byte>)bytes))
                    : null));
                break;
            case Question.Blocks:
                answer(PeerCodec.Answer(
                    PeerCodec.TryReadHeight(content.Span, out Height from) ? PeerCodec.List(BlocksFrom(from)) : null));
                break;
            case Question.Head:
                answer(PeerCodec.Answer(
                    content.IsEmpty ? PeerCodec.List(Head.Commit is { } commit ? [commit.Encoded] : []) : null));
                break;
            case Question.Snapshot:
                answer(PeerCodec.Answer(_snapshots.Answer(content.Span)));
                break;
            case Question.Proposal when content.Length == Digest.Size:
                PostOrDecline(answer, () => answer(Proposed(new BlockId(new Digest(content.Span)))));
                break;
            case Question.Position when PeerCodec.TryReadPosition(content.Span, out Position position):
                PostOrDecline(answer, () => answer(Answer(position)));
                break;
            default:
                answer(null);
                break;
        }
    }

    private void PostOrDecline(Action<ReadOnlyMemory<byte>?> answer, Action work)
    {
        if (!TryPost(work))
        {
            answer(null);
        }
    }

    /// <summary>False while as much waits for the loop as may: a peer that floods is not waited for.</summary>
    private bool TryPost(Action work)
    {
        if (Interlocked.Increment(ref _backlog) > BacklogMax)
        {
            Interlocked.Decrement(ref _backlog);
            return false;
        }

        _queue.Post(() =>
        {
            Interlocked.Decrement(ref _backlog);
            work();
        });
        return true;
    }

    private void Take(ChainHead judgedAt, ReadOnlyMemory<byte> bytes, ConsensusMessage message)
    {
        // Judged by validators that are no longer those of its height: once more, by the right ones.
        if (judgedAt.Configuration.Digest != _head.Configuration.Digest
            && MessageDoor.Judge(_head, bytes.Span, _rules, out _) != Worth.PassOn)
        {
            return;
        }

        Take(message);
    }

    private void Take(ConsensusMessage message)
    {
        if (!_rules.HandsIn(message))
        {
            return;
        }

        switch (message)
        {
            case ConsensusMessage.VoteMessage vote:
                Step(new VoteHeard(vote.Signed));
                break;
            case ConsensusMessage.ProposalMessage { Signed: var signed, Block: var block }:
                _proposals.Add(signed.Proposer, block);
                Step(new ProposalHeard(signed, Now));
                break;
        }
    }

    private void CarryTalk(Effect effect)
    {
        switch (effect)
        {
            case Rebroadcast again when _rules.SaysAgain:
                if (again.Proposal is { } proposal)
                {
                    Say(proposal);
                }

                foreach (SignedVote vote in again.Votes)
                {
                    _peers.Say(ConsensusMessage.Of(vote).Encode());
                }

                break;
            case AnnouncePosition announce when _rules.SaysAgain:
                TellPosition(announce.Position);
                break;
            case SendMessages send when _answering?.Token == send.Peer:
                _answering?.Messages.AddRange(send.Proposals.Select(Encode).OfType<byte[]>()
                    .Concat(send.Votes.Select(vote => ConsensusMessage.Of(vote).Encode()))
                    .Select(bytes => (ReadOnlyMemory<byte>)bytes));
                break;
            case SendCommit send when _answering?.Token == send.Peer:
                _answering = _answering.Value with { Block = _store.Block(send.Height) };
                break;
            case RequestSync sync:
                SyncUpTo(sync.Height);
                break;
            case ReportMisbehaviour report:
                Keep(report.Misbehaviour);
                break;
            default:
                CarryWarning(effect);
                break;
        }
    }

    private void Say(SignedProposal proposal)
    {
        if (Encode(proposal) is { } message)
        {
            _peers.Say(message);
        }
    }

    /// <summary>Null where the block is not held: then only its votes can be told.</summary>
    private byte[]? Encode(SignedProposal proposal) => BlockOf(proposal.Proposal.Block) is { } block
        ? ConsensusMessage.Of(proposal, block).Encode()
        : null;

    private ProposedBlock? BlockOf(BlockId id) => _candidates.TryGetValue(id, out var executed)
        ? new ProposedBlock(executed.Header, new BlockParts(executed.Body, executed.Before))
        : _proposals.Find(id);

    private ReadOnlyMemory<byte>? Proposed(BlockId id) =>
        PeerCodec.Answer(BlockOf(id) is { Parts: not null } block ? block.Encode() : null);

    private void TellPosition(Position position)
    {
        byte[] encoded = PeerCodec.Position(position);
        int connected = _peers.Connected.Length;
        for (int i = 0; i < Math.Min(PositionsTold, connected) && NextPeer() is { } peer; i++)
        {
            _peers.Ask(peer, Question.Position, encoded, answer => Learn(peer, answer));
        }
    }

    /// <summary>On the network's thread: what a peer sent because this replica lacks it.</summary>
    private void Learn(PeerIdentity peer, ReadOnlyMemory<byte>? answer)
    {
        if (answer is not { } bytes || !PeerCodec.TryReadLacking(bytes.Span, out var messages, out SettledBlock? block))
        {
            return;
        }

        foreach (ReadOnlyMemory<byte> message in messages)
        {
            Hear(message);
        }

        if (block is not null && block.Body.Digest == block.Header.Body && block.Commit.Block == block.Header.Id)
        {
            _ = TryPost(() => TakeAhead(peer, [block]));
        }
    }

    /// <summary>The replica says within the step what a peer in that position lacks.</summary>
    private ReadOnlyMemory<byte>? Answer(Position position)
    {
        PeerToken token = new(++_lastToken);
        _answering = (token, [], null);
        Step(new PositionHeard(token, position));
        (_, List<ReadOnlyMemory<byte>> messages, SettledBlock? block) = _answering.Value;
        _answering = null;
        return PeerCodec.Lacking(messages, block);
    }

    private IEnumerable<ReadOnlyMemory<byte>> BlocksFrom(Height from)
    {
        int bytes = 0;
        Height head = Head.Height;
        if (from < _store.HeldFrom)
        {
            yield break;
        }

        for (int i = 0; i < BlocksTogether && from <= head && bytes < BlocksBytes; i++, from = from.Next)
        {
            byte[] block = _store.Block(from)!.Encode();
            bytes += block.Length;
            yield return block;
        }
    }
}
