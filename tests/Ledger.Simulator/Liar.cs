using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.TestKit.Simulation;

namespace Ledger.Simulator;

/// <summary>
/// A Byzantine validator: whatever it hears, it may answer with votes for several blocks at once, each to another part
/// of the network, with two proposals, blocks that are invalid or nobody can fetch, replays and false claims, all in
/// the bytes that honest nodes speak. It cannot forge another's signature. Some keep quiet altogether.
/// </summary>
internal sealed partial class Liar : IPeerListener
{
    private const int Remembered = 200;

    private static readonly byte[] Deterministic = new byte[Crypto.MlDsa65.RandomizerBytes];

    private readonly World _world;
    private readonly Checker _checker;
    private readonly VirtualPeers _peers;
    private readonly LiarBlocks _built;
    private readonly SeededRandom _random;
    private readonly List<BlockId> _blocks = [];
    private readonly List<ConsensusMessage> _heard = [];
    private readonly HashSet<Vote> _split = [];
    private readonly int _index;
    private readonly int _eagerness;
    private readonly bool _splits;
    private readonly bool _quietAtLast;
    private Height _height = new(1);
    private Round _round;
    private (Height, Round)? _proposed;
    private BlockId? _revived;

    public Liar(World world, Checker checker, IReadOnlyList<HonestNode> honest, int index)
    {
        _world = world;
        _checker = checker;
        _index = index;
        _random = world.Random.Fork();
        _eagerness = _random.Pick([0, 8, 25, 60]);
        _quietAtLast = _random.Chance(50);
        _splits = world.Plan.Splitting || _random.Chance(50);
        _built = new LiarBlocks(world, honest, index);
        _peers = new VirtualPeers(
            index, world.Nodes, (to, bytes) => world.Send(index, to, bytes), world.After,
            to => world.Connects(index, to));
        _peers.Listen(this);
    }

    private bool IsQuiet => _quietAtLast && !_world.Chaos;

    public void Receive(int from, ReadOnlyMemory<byte> bytes)
    {
        // Liars that answered liars would talk for ever, and lose their way in each other's lies.
        if (!_world.Plan.Liars.Contains(from))
        {
            _peers.Receive(from, bytes);
        }
    }

    public Worth Hear(ReadOnlyMemory<byte> message)
    {
        if (IsQuiet || !ConsensusMessage.TryParse(message.Span, out ConsensusMessage read, out _))
        {
            return Worth.Drop;
        }

        Learn(read);
        if (_splits && read is ConsensusMessage.VoteMessage { Signed.Vote: { Block: not null } vote }
            && vote.Height == _height)
        {
            Split(vote);
        }

        if (_random.Chance(_eagerness))
        {
            Lie();
        }

        return Worth.PassOn;
    }

    public void HearRecords(IReadOnlyList<ReadOnlyMemory<byte>> records, Action<Worth> judged) => judged(Worth.PassOn);

    private void Lie()
    {
        switch (_random.Below(9))
        {
            case 3:
                SignForAnother();
                break;
            case 0:
                _world.Count(Fault.Replay);
                SayToSome(_random.Pick(_heard));
                break;
            case 1:
                _world.Count(Fault.FalsePosition);
                Position nowhere = new(_height, _round, false, default, default, null);
                _peers.Ask(
                    VirtualPeers.IdentityOf(_random.Below(_world.Nodes)), Question.Position,
                    PeerCodec.Position(nowhere), _ => { });
                break;
            default:
                Vote();
                break;
        }

        ProposeTwice();
    }

    private void Learn(ConsensusMessage message)
    {
        (Height height, Round round, BlockId? block) = message switch
        {
            ConsensusMessage.VoteMessage { Signed.Vote: var vote } => (vote.Height, vote.Round, vote.Block),
            ConsensusMessage.ProposalMessage { Signed.Proposal: var said } => (said.Height, said.Round, said.Block),
            _ => (_height, _round, null),
        };
        if (message is ConsensusMessage.ProposalMessage { Block: var proposed })
        {
            _built.Learn(proposed);
        }

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

        _heard.Add(message);
        if (_heard.Count > Remembered)
        {
            _heard.RemoveAt(0);
        }
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
            BlockId? block = _random.Chance(20) ? null : AnyBlock();
            SayToSome(Sign(new Vote(_height, new Round(round), step, block)));
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
        _world.Say(_index, $"lies to split the network around n{victim}: {heard.Show()}, {_world.Aim}");
        ConsensusMessage own = Sign(heard);
        ConsensusMessage nil = Sign(heard with { Block = null });
        for (int to = 0; to < _world.Nodes; to++)
        {
            bool helps = _world.Aim switch
            {
                Aim.MissAQuorum => heard.Step == VoteStep.Prevote && to != victim,
                Aim.DecideAloneThenRevive when heard.Block == _revived => true,
                Aim.DecideAloneThenRevive when heard.Round == Round.Zero => false,
                _ => heard.Step == VoteStep.Prevote || to == victim,
            };
            _peers.SayTo([to], (helps ? own : nil).Encode());
        }
    }

    /// <summary>A vote in the name of another validator, under this one's own signature.</summary>
    private void SignForAnother()
    {
        _world.Count(Fault.ForgedSignature);
        Vote vote = new(_height, _round, _random.Pick([VoteStep.Prevote, VoteStep.Precommit]), AnyBlock());
        for (int victim = 0; victim < _world.Nodes; victim++)
        {
            if (victim != _index)
            {
                SayToSome(Sign(vote, new ValidatorIndex(victim)));
            }
        }
    }

    private ConsensusMessage Sign(Vote vote)
    {
        _checker.OnLiarSigned(_index, vote);
        return Sign(vote, new ValidatorIndex(_index));
    }

    private ConsensusMessage Sign(Vote vote, ValidatorIndex name)
    {
        byte[] signed = SignBytes.Vote(_world.Genesis.Chain, vote.Height, vote.Round, vote.Step, vote.Block);
        return ConsensusMessage.Of(new SignedVote(vote, name, Sign(signed)));
    }

    private byte[] Sign(byte[] bytes) => _world.Plan.Keys.VoteOf(_index).Sign(bytes, Deterministic);

    private void SayToAll(ConsensusMessage message) => _peers.Say(message.Encode());

    private void SayToSome(ConsensusMessage message)
    {
        ulong whom = _random.Next();
        _peers.SayTo(Enumerable.Range(0, _world.Nodes).Where(to => (whom >> to & 1) != 0), message.Encode());
    }
}
