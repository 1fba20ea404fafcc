using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Snapshots;

namespace Ledger.Runtime.Loop;

/// <summary>Carries out what the replica asks for.</summary>
internal sealed partial class NodeLoop
{
    /// <summary>How often a proposer that has nothing to propose looks again; work that arrives is seen at once.</summary>
    private static readonly TimeSpan EmptyPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Inputs are taken one after the other; one that arises inside a step waits for its end.</summary>
    private void Step(Input input)
    {
        _inputs.Enqueue(input);
        Drain();
    }

    private void Drain()
    {
        if (_stepping)
        {
            return;
        }

        _stepping = true;
        List<Effect> effects = [];
        while (_inputs.TryDequeue(out Input? input))
        {
            effects.Clear();
            _replica.Step(input, effects);
            Stepped(input, effects);
            NoteWord(input, effects);
            Carry(effects);
        }

        _stepping = false;
    }

    private void Carry(List<Effect> effects)
    {
        foreach (Effect effect in effects)
        {
            switch (effect)
            {
                case BuildBlock build:
                    _building = build;
                    TryBuild();
                    break;
                case CheckBlock check:
                    Check(check);
                    break;
                case PersistJournal persist:
                    Persist(persist);
                    break;
                case SignAndBroadcastProposal proposal:
                    Sign(proposal);
                    break;
                case SignAndBroadcastVote vote:
                    Sign(vote);
                    break;
                case ArmTimeout timeout when _rules.Tells(timeout.Kind):
                    _timers.Add(timeout.After, () => Step(new TimeoutElapsed(timeout.Height, timeout.Round, timeout.Kind)));
                    break;
                case CommitBlock commit:
                    Settle(commit.Commit);
                    break;
                default:
                    CarryTalk(effect);
                    break;
            }
        }
    }

    private void TryBuild()
    {
        if (_building is not { } build || build.Height != _head.Height.Next)
        {
            return;
        }

        UnixTime now = Now;
        if (now < build.NotBefore)
        {
            _timers.Arm("build", TimeSpan.FromMilliseconds((long)(build.NotBefore.Milliseconds - now.Milliseconds)), TryBuild);
            return;
        }

        KeyId proposer = VoteKey!.Id;
        ExecutedBlock block = BlockBuilder.Build(
            _store, _head, Unfrozen(_rules.TakesTurns ? _mempool.InTurn(_head.Height.Next) : _mempool.InOrder),
            _misbehaviour.Values, now, proposer, _rules.Governance);
        if (block.Body.IsEmpty && !BlockReplay.MayBeEmpty(_head, now))
        {
            // Somebody else woke us, for a record that has not come yet.
            _timers.Arm("build", EmptyPause, TryBuild);
            return;
        }

        _building = null;
        _candidates[block.Header.Id] = block;
        Step(new BlockBuilt(build.Height, build.Round, block.Header.Id, block.Header.Time));
    }

    private void Persist(PersistJournal persist)
    {
        Journal.Put(_queue.Batch, _rules.NumberOf(persist.Ticket, CountWrite()), persist.Entry);
        if (persist.Entry is ProposalEntry { Proposal.Block: var proposed } && _candidates.TryGetValue(proposed, out var block))
        {
            Journal.PutCandidate(_queue.Batch, block);
        }

        _queue.AfterSync(() => Step(new JournalPersisted(persist.Ticket)));
        _queue.IfFull(() => _timers.Add(TimeSpan.FromSeconds(1), () => Persist(persist)));
    }

    private void Sign(SignAndBroadcastProposal effect)
    {
        Proposal proposal = effect.Proposal;
        byte[] signed = Core.Chain.SignBytes.Proposal(_head.Chain, proposal.Height, proposal.Round, proposal.ValidRound, proposal.Block);
        UnixTime blockTime = _candidates[proposal.Block].Header.Time;
        SignedProposal message = new(proposal, _replica.Self!.Value, blockTime, SignVote(signed));
        Say(message);
        Step(new ProposalHeard(message, Now));
    }

    private void Sign(SignAndBroadcastVote effect)
    {
        Vote vote = effect.Vote;
        byte[] signed = Core.Chain.SignBytes.Vote(_head.Chain, vote.Height, vote.Round, vote.Step, vote.Block);
        SignedVote message = new(vote, effect.Validator, SignVote(signed));
        _peers.Say(ConsensusMessage.Of(message).Encode());
        Step(new VoteHeard(message));
    }

    private byte[] SignVote(ReadOnlySpan<byte> message)
    {
        Span<byte> randomizer = stackalloc byte[Crypto.MlDsa65.RandomizerBytes];
        _randomness.Fill(randomizer);
        return VoteKey!.Sign(message, randomizer);
    }

    private void Settle(Consensus.Commit decided)
    {
        // While a block of this height is on its way to the disk it is this one: a quorum settled it elsewhere.
        if (!_settling)
        {
            Settle(_candidates[decided.Block], new Core.Chain.Commit(decided.Height, decided.Round, decided.Block,
                [.. decided.Precommits.Select(vote => new CommitVote(vote.Validator.Value, vote.Signature))]));
        }
    }

    /// <summary>One batch, whether this node decided the block or a peer served it.</summary>
    private void Settle(ExecutedBlock block, Core.Chain.Commit commit)
    {
        if (_fetching is SnapshotJoin)
        {
            // What this node will stand at is chosen already, and is later than this.
            return;
        }

        _settling = true;
        BlockWriter.Put(_queue.Batch, _store, _head, block, commit);
        foreach (VerifiedRecord verified in block.Records)
        {
            if (_mempool.TryGet(verified.Record.Id, out PendingRecord pending))
            {
                _queue.Batch.Delete(Table.Pending, StoreKeys.Number(pending.Arrival));
            }
        }

        Journal.DeleteUpTo(_queue.Batch, _store.Raw);
        if (!_rules.SettlesOnceDurable)
        {
            _events.Publish(new BlockSettledEvent(new SettledBlock(block.Header, block.Body, commit)));
        }

        _queue.AfterSync(() => OnSettled(block, commit));
        _queue.IfFull(() => _timers.Add(DiskPause, () => Settle(block, commit)));
    }

    private void OnSettled(ExecutedBlock block, Core.Chain.Commit commit)
    {
        _settling = false;
        bool reconfigured = _head.Configuration.Change != _head.Upcoming.Change;
        Volatile.Write(ref _head, BlockWriter.After(_head, block, commit));
        Displace(block.Records.Select(verified => verified.Record));
        ForgetProposals(block.Header.Height);
        ForgetProvenMisbehaviour();
        _waiters.Reached(RecordPhase.Settled, block.Records.Select(verified => verified.Record.Id));
        _events.Publish(new BlockSettledEvent(new SettledBlock(block.Header, block.Body, commit)));
        ProtocolVersion.Require(_head);
        Step(new BlockSettled(block.Header.Height, block.Header.Id, block.Header.Time, ValidatorsOf(_head.Configuration))
        {
            Settings = ReplicaSettingsNow(),
        });
        if (reconfigured)
        {
            SealOwnGenesis();
        }

        ConsiderOwnSeals();
        ConsiderWork();
        Adopt();
        if (_head.Height.Next < _syncTarget || _mayBeMore)
        {
            AskForBlocks();
        }
    }

    /// <summary>Takes what settled out of the pool, and what does not fit behind it any more.</summary>
    private void Displace(IEnumerable<Record> settled)
    {
        foreach (PendingRecord displaced in _mempool.Settle(settled, _head, Now))
        {
            _queue.Batch.Delete(Table.Pending, StoreKeys.Number(displaced.Arrival));
            _events.Publish(new RecordDisplaced(displaced.Record.Id));
        }
    }
}
