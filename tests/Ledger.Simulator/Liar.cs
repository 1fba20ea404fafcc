using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Commit = Ledger.Consensus.Commit;

namespace Ledger.Simulator;

/// <summary>
/// A Byzantine validator: whatever it hears, it may answer with votes for several blocks at once, each to another part
/// of the network, with two proposals, blocks that are invalid or nobody can fetch, replays and false claims.
/// It cannot forge another's signature. Some keep quiet altogether.
/// </summary>
internal sealed class Liar
{
    private const int Remembered = 200;

    private readonly World _world;
    private readonly Checker _checker;
    private readonly SeededRandom _random;
    private readonly List<BlockId> _blocks = [];
    private readonly List<Wire> _heard = [];
    private readonly HashSet<Vote> _split = [];
    private readonly int _index;
    private readonly int _eagerness;
    private Height _height = new(1);
    private Round _round;
    private (Height, Round)? _proposed;
    private BlockId? _revived;
    private readonly bool _splits;
    private readonly bool _quietAtLast;

    public Liar(World world, Checker checker, int index)
    {
        _world = world;
        _checker = checker;
        _index = index;
        _random = world.Random.Fork();
        _eagerness = _random.Pick([0, 8, 25, 60]);
        _quietAtLast = _random.Chance(50);
        _splits = world.Plan.Splitting || _random.Chance(50);
    }

    public void Receive(int from, Wire wire)
    {
        int author = wire switch
        {
            VoteWire heard => NodeOf(heard.Vote.Validator, heard.Vote.Vote.Height),
            ProposalWire heard => NodeOf(heard.Proposal.Proposer, heard.Proposal.Proposal.Height),
            _ => from,
        };
        if (wire is HeadQuestionWire && _eagerness > 0)
        {
            _world.Count(Fault.FalseHead);
            _world.Send(_index, from, new HeadWire(null));
        }

        if (_world.Plan.Liars.Contains(author) || _world.Plan.Liars.Contains(from) || (_quietAtLast && !_world.Chaos))
        {
            // Liars that answered liars would talk for ever, and lose their way in each other's lies.
            return;
        }

        Learn(wire);

        if (_splits && wire is VoteWire { Vote.Vote: { Block: not null } vote } && vote.Height == _height)
        {
            Split(vote);
        }

        if (!_random.Chance(_eagerness))
        {
            return;
        }

        switch (_random.Below(9))
        {
            case 3:
                SignForAnother();
                break;
            case 0:
                Replay();
                break;
            case 1:
                _world.Count(Fault.FalsePosition);
                SendToSome(new PositionWire(new Position(_height, _round, false, default, default, null)));
                break;
            case 2:
                _world.Count(Fault.FalseCommit);
                SendToSome(new CommitWire(new Commit(_height, _round, AnyBlock(), OwnPrecommits())));
                break;
            default:
                Vote();
                break;
        }

        ProposeTwice();
    }

    private void Learn(Wire wire)
    {
        (Height height, Round round, BlockId? block) = wire switch
        {
            VoteWire vote => (vote.Vote.Vote.Height, vote.Vote.Vote.Round, vote.Vote.Vote.Block),
            ProposalWire said =>
                (said.Proposal.Proposal.Height, said.Proposal.Proposal.Round, said.Proposal.Proposal.Block),
            _ => (_height, _round, null),
        };
        if (height > _height)
        {
            (_height, _round) = (height, round);
            _blocks.Clear();
            _heard.Clear();
        }

        _round = height == _height && round > _round ? round : _round;
        if (block is { } seen && height == _height && !_blocks.Contains(seen))
        {
            _blocks.Add(seen);
        }

        _heard.Add(wire);
        if (_heard.Count > Remembered)
        {
            _heard.RemoveAt(0);
        }
    }

    private void Replay()
    {
        _world.Count(Fault.Replay);
        SendToSome(_random.Pick(_heard));
    }

    /// <summary>One block to some, another or nil to others: the vote that splits.</summary>
    private void Vote()
    {
        _world.Count(Fault.ForgedVote);
        uint round = _random.Below(10) switch
        {
            0 => _round.Value + 1,
            1 => _round.Value + (uint)_random.Below(1_000),
            2 => (uint)_random.Below((int)_round.Value + 1),
            _ => _round.Value,
        };
        VoteStep step = _random.Chance(50) ? VoteStep.Prevote : VoteStep.Precommit;
        for (int faces = 0; faces < 2; faces++)
        {
            BlockId? block = _random.Chance(20) || _blocks.Count == 0 ? null : AnyBlock();
            SendToSome(new VoteWire(Sign(new Vote(_height, new Round(round), step, block))));
        }
    }

    /// <summary>
    /// Helps a block to its quorum of prevotes, precommits it towards the victim alone and nil towards the others;
    /// and in the next round, if it is its turn, proposes something else. Or hides the quorum from the victim.
    /// </summary>
    private void Split(Vote heard)
    {
        if (_world.Victim is not { } victim || !_split.Add(heard))
        {
            return;
        }

        _world.Count(Fault.ForgedVote);
        _world.Say(_index, $"lies to split the network around n{victim}: {heard.Show(_world)}, {_world.Aim}");
        var own = new VoteWire(Sign(heard));
        var nil = new VoteWire(Sign(heard with { Block = null }));
        for (int to = 0; to < _world.Plan.Nodes; to++)
        {
            bool helps = _world.Aim switch
            {
                Aim.MissAQuorum => heard.Step == VoteStep.Prevote && to != victim,
                Aim.DecideAloneThenRevive when heard.Block == _revived => true,
                Aim.DecideAloneThenRevive when heard.Round == Round.Zero => false,
                _ => heard.Step == VoteStep.Prevote || to == victim,
            };
            _world.Send(_index, to, helps ? own : nil);
        }
    }

    /// <summary>A vote in the name of another validator, under this one's own signature.</summary>
    private void SignForAnother()
    {
        _world.Count(Fault.ForgedSignature);
        ValidatorSet validators = _world.Plan.ValidatorsAt(_height);
        var vote = new Vote(_height, _round, _random.Pick([VoteStep.Prevote, VoteStep.Precommit]), AnyBlock());
        for (int victim = 0; victim < validators.Count; victim++)
        {
            var place = new ValidatorIndex(victim);
            if (NodeOf(place, _height) != _index)
            {
                SendToSome(new VoteWire(_world.Sign(_index, vote, place)));
            }
        }
    }

    private int NodeOf(ValidatorIndex validator, Height height)
    {
        ValidatorSet validators = _world.Plan.ValidatorsAt(height);
        return validators.Contains(validator) ? _world.Plan.NodeOf(validators[validator].Key) : _index;
    }

    /// <summary>Its place at that height; the first where it has none, which nobody will believe.</summary>
    private ValidatorIndex Place(Height height) => _world.Plan.IndexOf(_index, height) ?? new ValidatorIndex(0);

    private SignedVote Sign(Vote vote)
    {
        _checker.OnLiarSigned(_index, vote);
        return _world.Sign(_index, vote, Place(vote.Height));
    }

    private SignedProposal Sign(Proposal said)
    {
        _checker.OnLiarSigned(_index, said);
        return _world.Sign(_index, said, Place(said.Height));
    }

    /// <summary>
    /// An earlier block with prevotes that reach a quorum with our own: add that, and propose it again.
    /// </summary>
    private bool Revive(Round round)
    {
        Vote? old = _heard.OfType<VoteWire>().Select(wire => wire.Vote.Vote)
            .Where(vote => vote is { Step: VoteStep.Prevote, Block: not null } && vote.Round < round)
            .OrderBy(vote => vote.Round)
            .Cast<Vote?>()
            .FirstOrDefault();
        if (old is not { Block: { } block } prevote)
        {
            return false;
        }

        _revived = block;
        _world.Say(_index, $"lies: revives {_world.NameOf(block)} of round {prevote.Round} in {_height}/{round}");
        Broadcast(new VoteWire(Sign(prevote)));
        Broadcast(new ProposalWire(Sign(new Proposal(_height, round, prevote.Round, block))));
        return true;
    }

    private void ProposeTwice()
    {
        Round round = _random.Chance(30) ? _round.Next : _round;
        bool inTurn = _world.Plan.ValidatorsAt(_height).ProposerOf(_height, round) == Place(_height);
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
        if (_splits && round.Value > 1 && _random.Chance(50) && Revive(round))
        {
            return;
        }

        if (_splits && round.Value > 0 && _random.Chance(70))
        {
            SimulatedBlock other = _world.NewBlock(_height, _world.ClockOf(_index));
            Broadcast(new ProposalWire(
                Sign(new Proposal(_height, round, null, other.Id))));
            return;
        }

        for (int faces = 0; faces < 2; faces++)
        {
            Round? valid = round.Value > 0 && _random.Chance(40)
                ? new Round((uint)_random.Below((int)round.Value))
                : null;
            BlockId block = _blocks.Count > 0 && (valid is not null || _random.Chance(20)) ? AnyBlock() : NewBlock();
            var said = new Proposal(_height, round, valid, block);
            SendToSome(new ProposalWire(Sign(said)));
        }
    }

    private BlockId NewBlock()
    {
        long time = World.EpochMs + _world.NowMs + (_random.Chance(30) ? _random.Between(-5_000, 5_000) : 0);
        SimulatedBlock block = _world.NewBlock(
            _height, new UnixTime((ulong)time), valid: _random.Chance(70), served: _random.Chance(85));
        _blocks.Add(block.Id);
        return block.Id;
    }

    private BlockId AnyBlock() => _blocks.Count > 0 ? _random.Pick(_blocks) : NewBlock();

    private ImmutableArray<SignedVote> OwnPrecommits() =>
        [.. Enumerable.Repeat(Sign(new Vote(_height, _round, VoteStep.Precommit, AnyBlock())), _world.Plan.Nodes)];

    private void Broadcast(Wire wire)
    {
        for (int to = 0; to < _world.Plan.Nodes; to++)
        {
            _world.Send(_index, to, wire);
        }
    }

    private void SendToSome(Wire wire)
    {
        ulong whom = _random.Next();
        for (int to = 0; to < _world.Plan.Nodes; to++)
        {
            if ((whom >> to & 1) != 0)
            {
                _world.Send(_index, to, wire);
            }
        }
    }
}
