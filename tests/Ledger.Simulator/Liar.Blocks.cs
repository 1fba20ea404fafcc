using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Simulator;

/// <content>What a liar proposes, and what it answers.</content>
internal sealed partial class Liar
{
    public void HearQuestion(
        PeerIdentity peer, Question question, ReadOnlyMemory<byte> content, Action<ReadOnlyMemory<byte>?> answer)
    {
        switch (question)
        {
            case Question.Head when _eagerness > 0:
                _world.Count(Fault.FalseHead);
                answer(PeerCodec.List([]));
                break;
            case Question.Records when PeerCodec.TryReadIds(content.Span, out ImmutableArray<RecordId> ids):
                answer(IsQuiet ? null : Records(ids));
                break;
            case Question.Proposal:
                ProposedBlock? block = _built.Find(new BlockId(new Digest(content.Span)));
                answer(block?.Parts is not null && _random.Chance(70) ? block.Encode() : False());
                break;
            case Question.Blocks when PeerCodec.TryReadHeight(content.Span, out Height from):
                answer(Blocks(from));
                break;
            case Question.Snapshot:
                answer(Bent(content));
                break;
            default:
                answer(False());
                break;
        }
    }

    /// <summary>What an honest node would say, now and then with one bit another.</summary>
    private ReadOnlyMemory<byte>? Bent(ReadOnlyMemory<byte> question)
    {
        if (IsQuiet || _built.Snapshot(question) is not { } bytes)
        {
            return False();
        }

        if (_random.Chance(50))
        {
            _world.Count(Fault.BentSnapshot);
            bytes[_random.Below(bytes.Length)] ^= (byte)(1 << _random.Below(8));
        }

        return bytes;
    }

    private ReadOnlyMemory<byte>? False()
    {
        _world.Count(Fault.FalseAnswer);
        return PeerCodec.Answer(_random.Chance(50) ? null : PeerCodec.List([new byte[] { 1 }]));
    }

    /// <summary>What it sealed itself and does not withhold; now and then something else as well.</summary>
    private ReadOnlyMemory<byte>? Records(ImmutableArray<RecordId> ids)
    {
        List<ReadOnlyMemory<byte>> found =
            [.. ids.Select(_built.Record).OfType<byte[]>().Select(bytes => bytes.AsMemory())];
        if (_random.Chance(30))
        {
            _world.Count(Fault.FalseAnswer);
            found.Insert(0, new byte[100]);
        }

        return PeerCodec.List(found);
    }

    /// <summary>The next block, made up, under a commit of its own signature alone.</summary>
    private ReadOnlyMemory<byte>? Blocks(Height from)
    {
        Height next = _random.Chance(50) ? from : from.Next;
        if (_eagerness == 0 || IsQuiet
            || _built.Build(next, _world.Clock, valid: _random.Chance(50), served: true) is not { } made)
        {
            return False();
        }

        _world.Count(Fault.FalseCommit);
        Vote vote = new(next, Round.Zero, VoteStep.Precommit, made.Header.Id);
        ReadOnlyMemory<byte> signature = ((ConsensusMessage.VoteMessage)Sign(vote)).Signed.Signature;
        Core.Chain.Commit commit = new(next, Round.Zero, made.Header.Id, [new CommitVote(_index, signature)]);
        return PeerCodec.List([new SettledBlock(made.Header, made.Parts!.Body, commit).Encode()]);
    }

    /// <summary>
    /// An earlier block with prevotes that reach a quorum with our own: add that, and propose it again.
    /// </summary>
    private bool Revive(Round round)
    {
        Vote? old = _heard.OfType<ConsensusMessage.VoteMessage>().Select(message => message.Signed.Vote)
            .Where(vote => vote is { Step: VoteStep.Prevote, Block: { } block } && vote.Round < round
                && vote.Height == _height && _built.Find(block) is not null)
            .OrderBy(vote => vote.Round)
            .Cast<Vote?>()
            .FirstOrDefault();
        if (old is not { Block: { } revived } prevote)
        {
            return false;
        }

        _revived = revived;
        _world.Say(_index, $"lies: revives {revived.Show()} of round {prevote.Round} in {_height}/{round}");
        SayToAll(Sign(prevote));
        SayToAll(Propose(round, prevote.Round, _built.Find(revived)!));
        return true;
    }

    private void ProposeTwice()
    {
        Round round = _random.Chance(30) ? _round.Next : _round;
        bool inTurn = _checker.Oracle.ValidatorsAt(_height).ProposerOf(_height, round).Value == _index;
        if (_proposed == (_height, round) || !(inTurn || _random.Chance(1)))
        {
            return;
        }

        _proposed = (_height, round);
        if (_random.Chance(15))
        {
            _world.Count(Fault.Withholding);
            return;
        }

        _world.Count(Fault.ForgedProposal);
        if (_splits && round.Value > 1
            && (_random.Chance(50) || _world.Aim == Aim.DecideAloneThenRevive) && Revive(round))
        {
            return;
        }

        if (_splits && round.Value > 0 && _random.Chance(70))
        {
            if (_built.Build(_height, _world.Clock, valid: true, served: true) is { } other)
            {
                SayToAll(Propose(round, null, other));
            }

            return;
        }

        for (int faces = 0; faces < 2; faces++)
        {
            Round? valid = round.Value > 0 && _random.Chance(40)
                ? new Round((uint)_random.Below((int)round.Value))
                : null;
            ProposedBlock? known = _blocks.Count > 0 && (valid is not null || _random.Chance(20))
                ? _built.Find(_random.Pick(_blocks))
                : null;
            if ((known ?? NewBlock()) is { } block)
            {
                SayToSome(Propose(round, valid, block));
            }
        }
    }

    private ConsensusMessage Propose(Round round, Round? valid, ProposedBlock block)
    {
        Proposal said = new(_height, round, valid, block.Header.Id);
        _checker.OnLiarSigned(_index, said);
        byte[] signed = SignBytes.Proposal(_world.Genesis.Chain, said.Height, said.Round, said.ValidRound, said.Block);
        return ConsensusMessage.Of(
            new SignedProposal(said, new ValidatorIndex(_index), block.Header.Time, Sign(signed)), block);
    }

    private ProposedBlock? NewBlock()
    {
        bool valid = _random.Chance(70);
        bool served = _random.Chance(85);
        ulong time = _world.Clock.Milliseconds + (_random.Chance(30) ? (ulong)_random.Between(0, 10_000) - 5_000 : 0);
        ProposedBlock? block = _built.Build(_height, new UnixTime(time), valid, served);
        if (block is not null)
        {
            _blocks.Add(block.Header.Id);
            _world.Count(valid ? Fault.ForgedProposal : Fault.InvalidBlock);
            if (!served)
            {
                _world.Count(Fault.UnservedRecords);
            }

            _world.Say(
                _index,
                $"lies: builds {block.Header.Id.Show()} for {_height}"
                + $"{(valid ? "" : ", invalid")}{(served ? "" : ", unserved")}");
        }

        return block;
    }

    private BlockId? AnyBlock() => _blocks.Count > 0 ? _random.Pick(_blocks) : NewBlock()?.Header.Id;
}
