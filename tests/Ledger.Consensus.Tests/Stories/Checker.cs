using System.Runtime.CompilerServices;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Simulator;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>
/// What must hold after every step, worked out here a second time: nothing of the replica's own arithmetic is used.
/// </summary>
internal sealed class Checker(World world)
{
    /// <summary>A step in so many is taken twice, by the replica and by a copy, which must agree.</summary>
    private const int StepsPerCopy = 211;

    private readonly Dictionary<(int Node, Height Height, Round Round, VoteStep Step), BlockId?> _votes = [];
    private readonly Dictionary<(int Node, Height Height, Round Round), Proposal> _proposals = [];
    private readonly HashSet<(int Node, Vote Vote)> _signed = [];
    private readonly HashSet<(int Node, Height Height, Round Round, BlockId Block)> _proposed = [];
    private readonly Dictionary<Height, BlockId> _settled = [];
    private readonly Dictionary<Height, Round> _reached = [];
    private Replica? _shadow;
    private long _steps;

    /// <summary>
    /// Told of everything a liar signs, so that commits can be checked against what was really signed.
    /// </summary>
    public void OnLiarSigned(int liar, Vote vote) => _signed.Add((liar, vote));

    public void OnLiarSigned(int liar, Proposal said) =>
        _proposed.Add((liar, said.Height, said.Round, said.Block));

    public void BeforeStep(int node, Replica replica)
    {
        _steps++;
        _shadow = _steps % StepsPerCopy == 0 ? replica.Clone() : null;
        Require(
            _shadow is null || _shadow.Fingerprint() == replica.Fingerprint(), "clone", $"n{node}: a clone differs");
    }

    public void AfterStep(int node, Replica replica, Input input, List<Effect> effects)
    {
        if (_shadow is { } shadow)
        {
            var again = new List<Effect>();
            shadow.Step(input, again);
            Require(
                again.Count == effects.Count && shadow.Fingerprint() == replica.Fingerprint(),
                "function",
                $"n{node}: the same state and input gave something else");
        }
    }

    public void OnEffect(int node, Effect effect, SimulatedDisk disk)
    {
        switch (effect)
        {
            case SignAndBroadcastVote said:
                OnVote(node, said.Vote, disk);
                break;
            case SignAndBroadcastProposal said:
                OnProposal(node, said.Proposal, disk);
                break;
            case CommitBlock decided:
                Require(IsGenuine(decided.Commit), "commit proves itself", $"n{node}: {decided.Commit.Height}");
                break;
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

    public void OnSettled(int node, Commit commit)
    {
        Height height = commit.Height;
        SimulatedBlock block = world.Block(commit.Block);
        if (_settled.TryGetValue(height, out BlockId other))
        {
            Require(other == commit.Block, "agreement", $"height {height}: {other} and {commit.Block} (n{node})");
            return;
        }

        _settled.Add(height, commit.Block);
        Require(IsGenuine(commit), "commit proves itself", $"n{node}: {height}");
        Require(block.Valid && block.Height == height, "valid", $"height {height} settled an invalid block");
        ulong latest = (ulong)(World.EpochMs + world.NowMs) + 250;
        Require(block.Time.Milliseconds <= latest, "not from the future", $"height {height}: {block.Time} > {latest}");
        Require(
            height.Value == 1 || block.Time > world.Block(_settled[height.Previous]).Time,
            "time goes forward",
            $"height {height}");
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

    /// <summary>Precommits really signed, of different validators, with more than two thirds of the power.</summary>
    private bool IsGenuine(Commit commit)
    {
        ValidatorSet validators = world.Plan.Validators;
        var voters = new HashSet<int>();
        ulong power = 0;
        foreach (SignedVote signed in commit.Precommits)
        {
            Vote vote = signed.Vote;
            int voter = signed.Validator.Value;
            bool fits = vote.Height == commit.Height && vote.Round == commit.Round
                && vote.Step == VoteStep.Precommit && vote.Block == commit.Block;
            if (!fits || !voters.Add(voter)
                || !_signed.Contains((voter, vote)))
            {
                return false;
            }

            power += validators.Members[voter].Power.Value;
        }

        return power * 3 > validators.Total.Value * 2;
    }

    private void OnProposal(int node, Proposal said, SimulatedDisk disk)
    {
        var key = (node, said.Height, said.Round);
        Require(
            !_proposals.TryGetValue(key, out Proposal before) || before == said,
            "one proposal per round",
            $"n{node} proposed {before}, then {said}");
        Require(
            disk.HoldsEntry(entry => entry is ProposalEntry held && held.Proposal == said),
            "durable before visible",
            $"n{node}: {said}");
        _proposals[key] = said;
        _proposed.Add((node, said.Height, said.Round, said.Block));
    }

    private void OnVote(int node, Vote vote, SimulatedDisk disk)
    {
        var key = (node, vote.Height, vote.Round, vote.Step);
        Require(
            !_votes.TryGetValue(key, out BlockId? before) || before == vote.Block,
            "one vote per step",
            $"n{node} voted {before?.ToString() ?? "nil"}, then {vote}");
        Require(
            disk.HoldsEntry(entry => SigningLog.VoteOf(entry) == vote), "durable before visible", $"n{node}: {vote}");
        if (vote.Block is { } block)
        {
            Require(world.Block(block).Valid, "valid", $"n{node} voted for an invalid block: {vote}");
            Require(disk.HoldsBlock(block), "held before voted for", $"n{node}: {vote}");
            int turn = world.Plan.Validators.ProposerOf(vote.Height, vote.Round).Value;
            Require(
                vote.Step == VoteStep.Precommit || _proposed.Contains((turn, vote.Height, vote.Round, block)),
                "the proposer in turn proposes",
                $"n{node} voted for what n{turn} did not propose: {vote}");
        }

        _votes[key] = vote.Block;
        _signed.Add((node, vote));
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
        Require(
            world.Plan.Liars.Contains(found.Validator.Value),
            "no honest one is accused",
            $"n{node}: {found}");
    }

    /// <summary>
    /// Only a time-out opens a round that no honest replica was in; nobody is dragged ahead by liars.
    /// </summary>
    private void OnRule(int node, RuleApplied applied)
    {
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
