using System.Runtime.CompilerServices;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Simulator;

/// <summary>
/// What must hold of everything that is said, judged from the bytes on the network and on the disks: nothing of the
/// replica's own arithmetic is used.
/// </summary>
internal sealed class Checker
{
    private readonly World _world;
    private readonly Oracle _oracle;
    private readonly Dictionary<(int Node, Height Height, Round Round, VoteStep Step), BlockId?> _votes = [];
    private readonly Dictionary<(int Node, Height Height, Round Round), Proposal> _proposals = [];
    private readonly HashSet<(int Node, Vote Vote)> _signed = [];
    private readonly HashSet<(int Node, Height Height, Round Round, BlockId Block)> _proposed = [];
    private readonly HashSet<(int Node, BlockId Block)> _backed = [];
    private readonly Dictionary<BlockId, Candidate> _read = [];
    private readonly Dictionary<Height, Round> _reached = [];
    private readonly long[] _rules = new long[(int)Enum.GetValues<ProtocolRule>().Max() + 1];

    public Checker(World world)
    {
        _world = world;
        _oracle = new Oracle(world.Genesis);
        Anchors = new Anchors(world, _oracle);
    }

    public Anchors Anchors { get; }

    public SortedDictionary<ProtocolRule, long> Rules =>
        new(Enum.GetValues<ProtocolRule>().Where(rule => _rules[(int)rule] > 0)
            .ToDictionary(rule => rule, rule => _rules[(int)rule]));

    public long Steps { get; private set; }

    /// <summary>Contradictions that stand in settled blocks.</summary>
    public int Reports { get; private set; }

    /// <summary>The chain as it settled first anywhere.</summary>
    public Oracle Oracle => _oracle;

    /// <summary>
    /// Told of everything a liar signs, so that commits can be checked against what was really signed.
    /// </summary>
    public void OnLiarSigned(int liar, Vote vote) => _signed.Add((liar, vote));

    public void OnLiarSigned(int liar, Proposal said) =>
        _proposed.Add((liar, said.Height, said.Round, said.Block));

    public void OnStep(int node, IReadOnlyList<Effect> effects)
    {
        Steps++;
        foreach (Effect effect in effects)
        {
            switch (effect)
            {
                case ReportMisbehaviour report:
                    OnReport(node, report.Misbehaviour);
                    break;
                case RuleApplied applied:
                    OnRule(node, applied);
                    break;
                case WarnSignedElsewhere:
                    Require(false, "own votes are known", $"n{node} does not remember its own vote");
                    break;
                case WarnInvalidBlockDecided invalid:
                    Require(false, "valid", $"n{node}: a quorum precommitted the invalid {invalid.Block}");
                    break;
            }
        }
    }

    /// <summary>A node says a vote of its own, for the first time or again.</summary>
    /// <param name="durable">What its disk would hold if the power were lost now.</param>
    public void OnVote(int node, Vote vote, NodeDisk durable)
    {
        var key = (node, vote.Height, vote.Round, vote.Step);
        bool again = _votes.TryGetValue(key, out BlockId? before);
        Require(
            !again || before == vote.Block,
            "one vote per step",
            $"n{node} voted {before?.ToString() ?? "nil"}, then {vote}");
        _votes[key] = vote.Block;
        _signed.Add((node, vote));
        if (again || vote.Height <= durable.Height)
        {
            return;
        }

        Require(durable.HoldsVote(vote), "durable before visible", $"n{node}: {vote}");
        if (vote.Block is { } block)
        {
            ulong turn = (ulong)_oracle.ValidatorsAt(vote.Height).ProposerOf(vote.Height, vote.Round).Value;
            Require(
                vote.Step == VoteStep.Precommit || _proposed.Contains(((int)turn, vote.Height, vote.Round, block)),
                "the proposer in turn proposes",
                $"n{node} voted for what n{turn} did not propose: {vote}");
            OnBacked(node, vote.Height, block, durable);
        }
    }

    public void OnProposal(int node, Proposal said, NodeDisk durable)
    {
        var key = (node, said.Height, said.Round);
        bool again = _proposals.TryGetValue(key, out Proposal before);
        Require(
            !again || before == said,
            "one proposal per round",
            $"n{node} proposed {before}, then {said}");
        _proposals[key] = said;
        _proposed.Add((node, said.Height, said.Round, said.Block));
        if (!again && said.Height > durable.Height)
        {
            Require(durable.HoldsProposal(said), "durable before visible", $"n{node}: {said}");
            OnBacked(node, said.Height, said.Block, durable);
        }
    }

    /// <summary>A block is durable on a node's disk, as settled.</summary>
    public void OnSettled(int node, SettledBlock block, ChainStore chain)
    {
        Height height = block.Header.Height;
        if (height <= _oracle.Head.Height)
        {
            BlockId settled = _oracle.IdOf(height);
            Require(
                settled == block.Header.Id, "agreement", $"height {height}: {settled} and {block.Header.Id} (n{node})");
            Require(IsGenuine(block.Commit), "commit proves itself", $"n{node}: {height}");
            return;
        }

        Require(height == _oracle.Head.Height.Next, "no height is left out", $"n{node} settled {height}");
        Require(IsGenuine(block.Commit), "commit proves itself", $"n{node}: {height}");
        ulong latest = _world.Clock.Milliseconds + (ulong)_world.Plan.SkewMs.Max() + 250;
        Require(
            block.Header.Time.Milliseconds <= latest, "not from the future", $"height {height}: {block.Header.Time}");
        Require(
            block.Header.Time > _oracle.Head.Time, "time goes forward", $"height {height}: {block.Header.Time}");
        Core.Chain.Commit? before = height.Value == 1 ? null : chain.Block(height.Previous)!.Commit;
        string? fault = _oracle.Append(block, before, chain.Raw);
        Require(fault is null, "valid", $"height {height} settled at n{node}: {fault}");
        if (block.Header.Next != block.Header.Validators)
        {
            _world.Count(Fault.ValidatorChange);
        }

        Anchors.OnSettled(height, _oracle.LastRecords);
        Reports += block.Body.Misbehaviour.Length;
        foreach (ReadOnlyMemory<byte> file in block.Body.Misbehaviour)
        {
            Require(
                MisbehaviourFile.TryParse(file, out MisbehaviourFile parsed, out _)
                    && _world.Plan.Liars.Any(liar => _world.Plan.Keys.VoteOf(liar).Id == parsed.Signer),
                "no honest one is accused",
                $"height {height}");
        }
    }

    /// <summary>A node stands at a block without having executed those before.</summary>
    public void OnJoined(int node, SettledBlock block)
    {
        Height height = block.Header.Height;
        Require(
            height <= _oracle.Head.Height && _oracle.IdOf(height) == block.Header.Id,
            "agreement",
            $"n{node} joined at block {block.Header.Id} of height {height}");
    }

    public static void Require(
        bool holds,
        string invariant,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref LazyText detail)
    {
        if (!holds)
        {
            throw new InvariantBrokenException(invariant, detail.Take());
        }
    }

    /// <summary>What a node proposes or votes for lies on its disk as a whole, and is sound.</summary>
    private void OnBacked(int node, Height height, BlockId block, NodeDisk durable)
    {
        if (!_backed.Add((node, block)))
        {
            return;
        }

        Candidate? held = Read(block, durable.Candidate(block));
        Require(held is not null, "held before voted for", $"n{node}: block {block} of {height}");
        RecordId? missing = held!.Body.Records.Cast<RecordId?>()
            .FirstOrDefault(id => !durable.Store.Contains(Table.Records, id!.Value.Span));
        Require(missing is null, "held before voted for", $"n{node}: record {missing} of block {block} of {height}");
        if (height == _oracle.Head.Height.Next)
        {
            string? fault = _oracle.FaultOf(held.Header, held.Body, held.Before, durable.Store);
            Require(fault is null, "valid", $"n{node} backs block {block} of {height}: {fault}");
        }
    }

    /// <summary>A block as it lies on some disk; what several disks hold alike is read once.</summary>
    private Candidate? Read(BlockId block, byte[]? bytes)
    {
        if (bytes is null)
        {
            return null;
        }

        if (!_read.TryGetValue(block, out Candidate? known) || !known.Bytes.AsSpan().SequenceEqual(bytes))
        {
            known = Candidate.Read(bytes);
            if (known?.Header.Id != block)
            {
                return null;
            }

            _read[block] = known;
        }

        return known;
    }

    /// <summary>Precommits really signed, of different validators, with more than two thirds of the power.</summary>
    private bool IsGenuine(Core.Chain.Commit commit)
    {
        Configuration configuration = _oracle.ConfigurationAt(commit.Height);
        HashSet<int> voters = [];
        ulong power = 0;
        foreach (CommitVote signed in commit.Votes)
        {
            Vote vote = new(commit.Height, commit.Round, VoteStep.Precommit, commit.Block);
            if (!voters.Add(signed.Validator) || !_signed.Contains((signed.Validator, vote)))
            {
                return false;
            }

            power += configuration.Validators[signed.Validator].Power;
        }

        return power * 3 > configuration.TotalPower * 2;
    }

    private void OnReport(int node, Misbehaviour found)
    {
        bool proves = found switch
        {
            DoubleVote two => two.First.Validator == two.Second.Validator
                && two.First.Vote != two.Second.Vote
                && two.First.Vote with { Block = null } == two.Second.Vote with { Block = null },
            DoubleProposal two => two.First.Proposer == two.Second.Proposer
                && two.First.Proposal != two.Second.Proposal
                && (two.First.Proposal.Height, two.First.Proposal.Round)
                    == (two.Second.Proposal.Height, two.Second.Proposal.Round),
            _ => false,
        };
        Require(proves, "a report proves itself", $"n{node}: {found}");
        Require(_world.Plan.Liars.Contains(found.Validator.Value), "no honest one is accused", $"n{node}: {found}");
    }

    /// <summary>
    /// Only a time-out opens a round that no honest replica was in; nobody is dragged ahead by liars.
    /// </summary>
    private void OnRule(int node, RuleApplied applied)
    {
        _rules[(int)applied.Rule]++;
        Round reached = _reached.GetValueOrDefault(applied.Height);
        bool opens = applied.Rule
            is ProtocolRule.AskForBlock or ProtocolRule.ProposeValidAgain or ProtocolRule.AwaitProposal;
        Require(
            !opens || applied.Round.Value <= reached.Value + 1,
            "no round is skipped by all",
            $"n{node} went to {applied.Height}/{applied.Round}, others to {reached}");
        _reached[applied.Height] = applied.Round > reached ? applied.Round : reached;
    }
}
