using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests.Simulation;

/// <summary>
/// What must hold after every step, worked out here a second time: nothing of the replica's own arithmetic is used.
/// </summary>
internal sealed class Checker(World world)
{
    private readonly Dictionary<(int Validator, Height Height, Round Round, VoteStep Step), BlockId?> _votes = [];
    private readonly Dictionary<(int Validator, Height Height, Round Round), Proposal> _proposals = [];
    private readonly HashSet<(int Validator, Vote Vote)> _signed = [];
    private readonly Dictionary<Height, BlockId> _settled = [];
    private readonly Dictionary<Height, Round> _reached = [];
    private readonly SortedDictionary<ProtocolRule, int> _rules = [];
    private Replica? _shadow;
    private long _steps;

    public SortedDictionary<ProtocolRule, int> Rules => _rules;

    public long Steps => _steps;

    public int Reports { get; private set; }

    /// <summary>Told of everything a liar signs, so that commits can be checked against what was really signed.</summary>
    public void OnLiarSigned(int liar, Vote vote) => _signed.Add((liar, vote));

    public void BeforeStep(int node, Replica replica, Input input)
    {
        _steps++;
        _shadow = _steps % 97 == 0 ? replica.Clone() : null;
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

    public void OnEffect(int node, Effect effect, List<JournalEntry> disk)
    {
        switch (effect)
        {
            case SignAndBroadcastVote said:
                OnVote(node, said.Vote, disk);
                break;
            case SignAndBroadcastProposal said:
                var key = (node, said.Proposal.Height, said.Proposal.Round);
                Require(
                    !_proposals.TryGetValue(key, out Proposal before) || before == said.Proposal,
                    "one proposal per round",
                    $"n{node} proposed {before}, then {said.Proposal}");
                Require(disk.Exists(entry => entry is ProposalEntry held && held.Proposal == said.Proposal), "durable before visible", $"n{node}: {said.Proposal}");
                _proposals[key] = said.Proposal;
                break;
            case CommitBlock decided:
                Require(IsGenuine(decided.Commit), "commit proves itself", $"n{node}: {decided.Commit.Height}");
                break;
            case ReportMisbehaviour report:
                Reports++;
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
        SimulatedBlock block = world.Block(commit.Block);
        if (!_settled.TryGetValue(commit.Height, out BlockId other))
        {
            _settled.Add(commit.Height, commit.Block);
            Require(block.Valid && block.Height == commit.Height, "valid", $"height {commit.Height} settled an invalid block");
            ulong latest = (ulong)(World.EpochMs + world.NowMs + world.Plan.SkewMs.Max()) + 250;
            Require(block.Time.Milliseconds <= latest, "not from the future", $"height {commit.Height}: {block.Time} > {latest}");
            Require(
                commit.Height.Value == 1 || block.Time > world.Block(_settled[commit.Height.Previous]).Time,
                "time goes forward",
                $"height {commit.Height}");
        }
        else
        {
            Require(other == commit.Block, "agreement", $"height {commit.Height}: {other} and {commit.Block} (n{node})");
        }
    }

    /// <summary>Precommits really signed, of different validators, with more than two thirds of the power.</summary>
    public bool IsGenuine(Commit commit)
    {
        ValidatorSet validators = world.Plan.ValidatorsAt(commit.Height);
        var voters = new HashSet<int>();
        ulong power = 0;
        foreach (SignedVote signed in commit.Precommits)
        {
            Vote vote = signed.Vote;
            int voter = signed.Validator.Value;
            bool fits = vote.Height == commit.Height && vote.Round == commit.Round
                && vote.Step == VoteStep.Precommit && vote.Block == commit.Block;
            if (!fits || !voters.Add(voter) || !_signed.Contains((voter, vote)))
            {
                return false;
            }

            power += validators.Members[voter].Power.Value;
        }

        return power * 3 > validators.Total.Value * 2;
    }

    public static void Require(bool holds, string invariant, string detail)
    {
        if (!holds)
        {
            throw new InvariantBrokenException(invariant, detail);
        }
    }

    private void OnVote(int node, Vote vote, List<JournalEntry> disk)
    {
        var key = (node, vote.Height, vote.Round, vote.Step);
        Require(
            !_votes.TryGetValue(key, out BlockId? before) || before == vote.Block,
            "one vote per step",
            $"n{node} voted {before?.ToString() ?? "nil"}, then {vote}");
        Require(disk.Exists(entry => SigningLog.VoteOf(entry) == vote), "durable before visible", $"n{node}: {vote}");
        Require(vote.Block is not { } id || world.Block(id).Valid, "valid", $"n{node} voted for an invalid block: {vote}");
        _votes[key] = vote.Block;
        _signed.Add((node, vote));
    }

    private void OnReport(int node, Misbehaviour found)
    {
        Require(world.Plan.Liars.Contains(found.Validator.Value), "no honest one is accused", $"n{node}: {found}");
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
    }

    /// <summary>Only a time-out opens a round that no honest replica was in; nobody is dragged ahead by liars.</summary>
    private void OnRule(int node, RuleApplied applied)
    {
        _rules[applied.Rule] = _rules.GetValueOrDefault(applied.Rule) + 1;
        Round reached = _reached.GetValueOrDefault(applied.Height);
        bool opens = applied.Rule is ProtocolRule.AskForBlock or ProtocolRule.ProposeValidAgain or ProtocolRule.AwaitProposal;
        Require(
            !opens || applied.Round.Value <= reached.Value + 1,
            "no round is skipped by all",
            $"n{node} went to {applied.Height}/{applied.Round}, others to {reached}");
        _reached[applied.Height] = applied.Round > reached ? applied.Round : reached;
    }
}
