using Ledger.Simulator;
using Ledger.Consensus.Rounds;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests.Exploration;

/// <summary>What an exploration found.</summary>
/// <param name="States">Different states, up to the names of interchangeable validators.</param>
/// <param name="Depth">Steps to the farthest of them.</param>
/// <param name="Broken">The shortest way to a state that breaks an invariant, and which; null if there is none.</param>
internal sealed record Explored(long States, long Steps, int Depth, IReadOnlyList<string>? Broken);

/// <summary>
/// Breadth first through everything that an asynchronous network and a liar can make of three honest validators that
/// follow the round rules. A message that was sent may be seen at any time or never, a time-out may strike at any time,
/// the liar may have said anything to anyone. Decides nothing that the rules do not.
/// </summary>
internal sealed class Explorer
{
    public static IReadOnlyList<string> Invariants { get; } =
    [
        "agreement: no two validators decide different blocks",
        "one vote per step: nobody casts two votes in one step of a round",
        "one proposal per round: nobody proposes twice in a round",
        "a lock has a quorum: prevotes of more than two thirds stand behind it",
        "a decision has a quorum: precommits of more than two thirds stand behind it",
        "nobody is stuck: who has neither decided nor left the last round can move",
    ];

    private readonly Scope _scope;
    private readonly List<(SmallState State, Func<string> Say)> _next = [];
    private string? _broken;

    private Explorer(Scope scope) => _scope = scope;

    public static Explored Explore(Scope scope)
    {
        var explorer = new Explorer(scope);
        var parents = new Dictionary<UInt128, UInt128>();
        UInt128 first = explorer.Begin().Pack(scope);
        var frontier = new List<UInt128> { first };
        parents.Add(first, first);
        long steps = 0;
        int depth = 0;
        while (frontier.Count > 0)
        {
            var beyond = new List<UInt128>();
            foreach (UInt128 packed in frontier)
            {
                foreach ((SmallState state, Func<string> say) in explorer.Successors(packed))
                {
                    steps++;
                    UInt128 next = state.Pack(scope);
                    if (explorer._broken is { } broken)
                    {
                        string last = say();
                        List<string> way = [.. explorer.WayTo(packed, parents), last, $"{SweepText.Broken} {broken}"];
                        return new Explored(parents.Count, steps, depth, way);
                    }

                    if (parents.TryAdd(next, packed))
                    {
                        beyond.Add(next);
                    }
                }
            }

            depth += beyond.Count > 0 ? 1 : 0;
            frontier = beyond;
        }

        return new Explored(parents.Count, steps, depth, null);
    }

    /// <summary>Everybody in round 0: entering it says nothing to others, so it may as well come first.</summary>
    private SmallState Begin()
    {
        var state = new SmallState();
        for (int node = 0; node < _scope.Honest.Length; node++)
        {
            var started = new RoundEvent.Started(Round.Zero, IsMine(node, 0));
            TryApply(state, node, RoundRules.Next(state.Nodes[node].Round, started, _scope.Rules)!);
        }

        return state;
    }

    private List<string> WayTo(UInt128 packed, Dictionary<UInt128, UInt128> parents)
    {
        var way = new List<string>();
        for (UInt128 at = packed; parents[at] != at; at = parents[at])
        {
            UInt128 here = at;
            way.Add(Successors(parents[at]).First(next => next.State.Pack(_scope) == here).Say());
        }

        way.Reverse();
        return way;
    }

    private IReadOnlyList<(SmallState State, Func<string> Say)> Successors(UInt128 packed)
    {
        _next.Clear();
        _broken = null;
        SmallState state = SmallState.Unpack(packed);
        for (int node = 0; node < _scope.Honest.Length; node++)
        {
            // A timer that runs takes nothing from anyone, and nobody sees it: one that can be armed comes first.
            if (state.Nodes[node].Decided == 0 && Timers(state, node) is { } armed)
            {
                Try(packed, node, armed);
                return _next;
            }
        }

        for (int node = 0; node < _scope.Honest.Length && _broken is null; node++)
        {
            SmallState.NodeState self = state.Nodes[node];
            if (self.Decided > 0)
            {
                continue;
            }

            int before = _next.Count;
            foreach (RoundEvent happened in Events(state, node))
            {
                Try(packed, node, happened);
            }

            bool canMove = _next.Count > before;

            if (_scope.Restarts)
            {
                Restart(packed, node);
            }

            bool leftTheLast = self.Round.PrecommitTimeoutArmed && self.Round.Round.Value == _scope.Rounds - 1;
            if (!canMove && _broken is null && !leftTheLast && !CanWait(state, node))
            {
                _broken = $"nobody is stuck: n{_scope.Honest[node]}";
                _next.Add((state, () => "nothing is left to do"));
            }
        }

        return _next;
    }

    /// <summary>Lines 34 and 47, where they have not been followed yet.</summary>
    private RoundEvent? Timers(SmallState state, int node)
    {
        RoundState self = state.Nodes[node].Round;
        int round = (int)self.Round.Value;
        return self is { Step: RoundStep.Prevote, PrevoteTimeoutArmed: false }
            && IsQuorum(Count(state, VoteStep.Prevote, round, null))
            ? new RoundEvent.QuorumPrevoted()
            : !self.PrecommitTimeoutArmed && IsQuorum(Count(state, VoteStep.Precommit, round, null))
                ? new RoundEvent.QuorumPrecommitted()
                : null;
    }

    private void Try(UInt128 packed, int node, RoundEvent happened)
    {
        SmallState state = SmallState.Unpack(packed);
        if (_broken is null
            && RoundRules.Next(state.Nodes[node].Round, happened, _scope.Rules) is { } transition
            && TryApply(state, node, transition))
        {
            _broken ??= FindBroken(state);
            _next.Add((state, () => $"n{_scope.Honest[node]} {transition.Rule.Show()} on {Show(happened)}"));
        }
    }

    /// <summary>All that is left is what was cast: the last round spoken in, its last step, the last lock.</summary>
    private void Restart(UInt128 packed, int node)
    {
        SmallState state = SmallState.Unpack(packed);
        SmallState.NodeState self = state.Nodes[node];
        int last = Enumerable.Range(0, _scope.Rounds).LastOrDefault(round =>
            self.Prevotes[round] + self.Precommits[round] > 0 || (IsMine(node, round) && state.Proposals[round] != 0));
        int lockedIn = Array.FindLastIndex(self.Precommits, vote => vote >= SmallState.FirstBlock);
        CertifiedBlock? locked = lockedIn < 0
            ? null
            : _scope.Rules.LockAgain(new CertifiedBlock(
                Scope.Blocks[self.Precommits[lockedIn] - SmallState.FirstBlock], new Round((uint)lockedIn)));
        RoundStep step = self.Precommits[last] > 0 ? RoundStep.Precommit
            : self.Prevotes[last] > 0 ? RoundStep.Prevote : RoundStep.Propose;
        self.Round = RoundState.Resumed(new Round((uint)last), step, locked);
        if (step == RoundStep.Propose)
        {
            var started = new RoundEvent.Started(self.Round.Round, IsMine(node, last) && state.Proposals[last] == 0);
            TryApply(state, node, RoundRules.Next(self.Round, started, _scope.Rules)!);
        }

        _broken ??= FindBroken(state);
        _next.Add((state, () => $"n{_scope.Honest[node]} restarts in round {last}"));
    }

    /// <summary>False for what leaves the last round.</summary>
    private bool TryApply(SmallState state, int node, Transition transition)
    {
        SmallState.NodeState self = state.Nodes[node];
        self.Round = transition.Next;
        int round = (int)transition.Next.Round.Value;
        switch (transition.Action)
        {
            case RoundAction.Cast cast:
                int[] votes = cast.Step == VoteStep.Prevote ? self.Prevotes : self.Precommits;
                _broken = votes[round] != SmallState.None ? "one vote per step" : null;
                votes[round] = Code(cast.Block);
                break;
            case RoundAction.Propose propose:
                _broken = state.Proposals[round] != 0 ? "one proposal per round" : null;
                state.Proposals[round] =
                    (Scope.IndexOf(propose.Block) * 4) + 2 + (propose.ValidRound is { } valid ? (int)valid.Value : -1);
                break;
            case RoundAction.Decide decide:
                self.Decided = 1 + Scope.IndexOf(decide.Block);
                break;
            case RoundAction.StartRound start when start.Round.Value >= _scope.Rounds:
                return false;
            case RoundAction.StartRound start:
                int next = (int)start.Round.Value;
                var started = new RoundEvent.Started(start.Round, IsMine(node, next) && state.Proposals[next] == 0);
                return TryApply(state, node, RoundRules.Next(self.Round, started, _scope.Rules)!);
        }

        return true;
    }

    private bool IsMine(int node, int round) => Scope.ProposerOf(round) == _scope.Honest[node];

    /// <summary>Every condition that this validator may find true by now.</summary>
    private IEnumerable<RoundEvent> Events(SmallState state, int node)
    {
        RoundState self = state.Nodes[node].Round;
        int round = (int)self.Round.Value;
        IEnumerable<RoundEvent> events = [.. Proposals(state, round), .. Quorums(state, round)];
        if (IsMine(node, round) && state.Proposals[round] == 0)
        {
            events = events.Append(new RoundEvent.BlockAtHand(Scope.Blocks[round]));
        }

        for (int later = round + 1; later < _scope.Rounds; later++)
        {
            ulong power = 1 + (ulong)state.Nodes.Count(other => IsIn(other, later))
                + (_scope.Honest.Contains(Scope.ProposerOf(later)) && state.Proposals[later] != 0 ? 1UL : 0);
            if (_scope.Rules.HoldsHonest(power, Scope.Validators))
            {
                events = events.Append(new RoundEvent.HonestInRound(new Round((uint)later)));
            }
        }

        events = events.Append(new RoundEvent.TimedOut(TimeoutKind.Propose));
        events = self.PrevoteTimeoutArmed ? events.Append(new RoundEvent.TimedOut(TimeoutKind.Prevote)) : events;
        return self.PrecommitTimeoutArmed ? events.Append(new RoundEvent.TimedOut(TimeoutKind.Precommit)) : events;
    }

    private IEnumerable<RoundEvent> Proposals(SmallState state, int round)
    {
        bool lies = Scope.ProposerOf(round) == _scope.Liar;
        for (int block = 0; block < _scope.Rounds; block++)
        {
            for (int valid = -1; valid < round; valid++)
            {
                if (!lies && state.Proposals[round] != (block * 4) + valid + 2)
                {
                    continue;
                }

                if (valid < 0)
                {
                    yield return new RoundEvent.FreshProposal(Scope.Blocks[block], Sound: true);
                }
                else if (IsQuorum(Count(state, VoteStep.Prevote, valid, SmallState.FirstBlock + block)))
                {
                    yield return new RoundEvent.CertifiedProposal(
                        Scope.Blocks[block], new Round((uint)valid), Sound: true);
                }
            }
        }
    }

    private IEnumerable<RoundEvent> Quorums(SmallState state, int round)
    {
        for (int block = 0; block < _scope.Rounds; block++)
        {
            int code = SmallState.FirstBlock + block;
            for (int any = 0; any < _scope.Rounds; any++)
            {
                if (IsQuorum(Count(state, VoteStep.Precommit, any, code)))
                {
                    yield return new RoundEvent.QuorumPrecommittedBlock(new Round((uint)any), Scope.Blocks[block]);
                }
            }

            if (IsQuorum(Count(state, VoteStep.Prevote, round, code)))
            {
                yield return new RoundEvent.QuorumPrevotedBlock(Scope.Blocks[block]);
            }
        }

        if (IsQuorum(Count(state, VoteStep.Prevote, round, SmallState.Nil)))
        {
            yield return new RoundEvent.QuorumPrevotedNil();
        }
    }

    private string? FindBroken(SmallState state)
    {
        int[] decided = [.. state.Nodes.Select(node => node.Decided).Where(block => block > 0).Distinct()];
        if (decided.Length > 1)
        {
            return "agreement";
        }

        bool isDecided = decided.Length == 0 || Enumerable.Range(0, _scope.Rounds).Any(round =>
            3 * Count(state, VoteStep.Precommit, round, SmallState.FirstBlock + decided[0] - 1) > 2 * Scope.Validators);
        bool isLocked = state.Nodes.All(node => node.Round.Locked is not { } locked
            || 3 * Count(
                state,
                VoteStep.Prevote,
                (int)locked.Round.Value,
                SmallState.FirstBlock + Scope.IndexOf(locked.Block)) > 2 * Scope.Validators);
        return !isDecided ? "a decision has a quorum" : isLocked ? null : "a lock has a quorum";
    }

    /// <summary>Whether it waits for others, who have not yet said what it needs.</summary>
    private bool CanWait(SmallState state, int node)
    {
        int round = (int)state.Nodes[node].Round.Round.Value;
        VoteStep step = state.Nodes[node].Round.Step == RoundStep.Prevote ? VoteStep.Prevote : VoteStep.Precommit;
        return !IsQuorum(Count(state, step, round, null) - 1);
    }

    private bool IsQuorum(int voters) => _scope.Rules.IsQuorum((ulong)voters, Scope.Validators);

    /// <summary>Voters for this, or for anything where null; the liar is always one of them.</summary>
    private static int Count(SmallState state, VoteStep step, int round, int? code) =>
        1 + state.Nodes.Count(node =>
            (step == VoteStep.Prevote ? node.Prevotes[round] : node.Precommits[round]) is var vote
            && vote != SmallState.None
            && (code is null || vote == code));

    private static bool IsIn(SmallState.NodeState node, int round) =>
        Enumerable.Range(round, Scope.RoundsMax - round)
            .Any(later => node.Prevotes[later] != SmallState.None || node.Precommits[later] != SmallState.None);

    /// <summary>With blocks as letters.</summary>
    private static string Show(RoundEvent happened)
    {
        string text = $"{happened}";
        for (int block = 0; block < Scope.Blocks.Length; block++)
        {
            text = text.Replace(Scope.Blocks[block].ToString(), $"{(char)('A' + block)}", StringComparison.Ordinal);
        }

        return text;
    }

    private static int Code(BlockId? block) =>
        block is { } id ? SmallState.FirstBlock + Scope.IndexOf(id) : SmallState.Nil;
}
