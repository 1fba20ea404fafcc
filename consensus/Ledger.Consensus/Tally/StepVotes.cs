using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Consensus.Tally;

/// <summary>What became of a vote.</summary>
/// <param name="Counted">The tally changed.</param>
/// <param name="Contradicts">The earlier vote that this one contradicts, told once per validator and step.</param>
internal readonly record struct TallyResult(bool Counted, bool IsContradiction, SignedVote? Contradicts);

/// <summary>
/// The votes of one height, round and step. A validator's first vote counts. A second, different one is misbehaviour;
/// it still counts for its own block once voters of a third of the power stand behind that block with their first
/// votes, for the paper counts messages per value: an equivocator that shows one half of the network his vote and the
/// other half another must not be able to hide a quorum from either. At most three blocks can have such backing,
/// so an equivocator can make us keep four votes and no more.
/// </summary>
internal sealed class StepVotes
{
    private readonly ValidatorSet _validators;
    private readonly SafetyRules _rules;
    private readonly SignedVote?[] _first;
    private readonly List<SignedVote> _second = [];
    private readonly List<Ballot> _ballots = [];
    private VoterMask _contradictors;
    private ulong _power;

    public StepVotes(ValidatorSet validators, SafetyRules rules)
    {
        _validators = validators;
        _rules = rules;
        _first = new SignedVote?[validators.Count];
    }

    private StepVotes(StepVotes other)
    {
        _validators = other._validators;
        _rules = other._rules;
        _first = [.. other._first];
        _second = [.. other._second];
        _ballots = [.. other._ballots];
        _contradictors = other._contradictors;
        _power = other._power;
    }

    /// <summary>2f+1 of ⟨…, *⟩.</summary>
    public bool HasQuorum => _rules.IsQuorum(_power, _validators.Total.Value);

    /// <summary>2f+1 for nil.</summary>
    public bool HasQuorumForNil => HasQuorumFor(null);

    /// <summary>The block, never nil, with 2f+1 votes; null if there is none.</summary>
    public BlockId? QuorumBlock
    {
        get
        {
            foreach (Ballot ballot in _ballots)
            {
                if (ballot.Block is not null && _rules.IsQuorum(ballot.Power, _validators.Total.Value))
                {
                    return ballot.Block;
                }
            }

            return null;
        }
    }

    /// <summary>Validators with any vote here.</summary>
    public VoterMask Voters
    {
        get
        {
            var mask = default(VoterMask);
            for (int i = 0; i < _first.Length; i++)
            {
                mask = _first[i] is null ? mask : mask.With(new ValidatorIndex(i));
            }

            return mask;
        }
    }

    public bool HasQuorumFor(BlockId? block)
    {
        int at = IndexOf(block);
        return at >= 0 && _rules.IsQuorum(_ballots[at].Power, _validators.Total.Value);
    }

    public SignedVote? FirstOf(ValidatorIndex validator) => _first[validator.Value];

    public TallyResult Add(SignedVote vote)
    {
        ulong power = _validators.PowerOf(vote.Validator).Value;
        BlockId? block = vote.Vote.Block;
        if (_first[vote.Validator.Value] is not { } held)
        {
            _first[vote.Validator.Value] = vote;
            _power += power;
            Count(block, power, first: true);
            return new TallyResult(true, false, null);
        }

        if (held.Vote.Block == block)
        {
            if (!_rules.CountsAgain(held, vote))
            {
                return default;
            }

            _power += power;
            Count(block, power, first: false);
            return new TallyResult(true, false, null);
        }

        bool known = _contradictors.Contains(vote.Validator);
        _contradictors = _contradictors.With(vote.Validator);
        bool counted = HasBacking(block) && !HoldsSecond(vote);
        if (counted)
        {
            _second.Add(vote);
            Count(block, power, first: false);
        }

        return new TallyResult(counted, true, known ? null : held);
    }

    /// <summary>Every vote for this block, one per validator, in the order of the validators.</summary>
    public ImmutableArray<SignedVote> VotesFor(BlockId? block)
    {
        ImmutableArray<SignedVote>.Builder votes = ImmutableArray.CreateBuilder<SignedVote>();
        for (int i = 0; i < _first.Length; i++)
        {
            if (_first[i] is { } first && first.Vote.Block == block)
            {
                votes.Add(first);
            }
            else if (_second.Find(second => second.Validator.Value == i && second.Vote.Block == block) is { } second)
            {
                votes.Add(second);
            }
        }

        return votes.ToImmutable();
    }

    /// <summary>First votes of validators outside the mask.</summary>
    public void CopyMissing(VoterMask held, ImmutableArray<SignedVote>.Builder votes)
    {
        foreach (SignedVote? vote in _first)
        {
            if (vote is not null && !held.Contains(vote.Validator))
            {
                votes.Add(vote);
            }
        }
    }

    public StepVotes Clone() => new(this);

    public void Describe(StateWriter writer)
    {
        foreach (SignedVote? vote in _first)
        {
            writer.Add(vote?.Vote);
        }

        // Which of two contradicting votes came first matters, the order among different voters does not.
        foreach (SignedVote vote in _second.OrderBy(second => second.Validator).ThenBy(second => second.Vote.Block))
        {
            writer.Add(vote.Validator.Value);
            writer.Add(vote.Vote);
        }

        writer.Add(_contradictors);
    }

    private bool HasBacking(BlockId? block)
    {
        int at = IndexOf(block);
        return at >= 0 && _rules.CountsSecond(_ballots[at].FirstPower, _validators.Total.Value);
    }

    private bool HoldsSecond(SignedVote vote) =>
        _second.Exists(held => held.Validator == vote.Validator && held.Vote.Block == vote.Vote.Block);

    private void Count(BlockId? block, ulong power, bool first)
    {
        int at = IndexOf(block);
        if (at < 0)
        {
            at = _ballots.Count;
            _ballots.Add(new Ballot(block, 0, 0));
        }

        Ballot ballot = _ballots[at];
        _ballots[at] = ballot with
        {
            FirstPower = ballot.FirstPower + (first ? power : 0),
            Power = ballot.Power + power,
        };
    }

    private int IndexOf(BlockId? block) => _ballots.FindIndex(ballot => ballot.Block == block);

    private readonly record struct Ballot(BlockId? Block, ulong FirstPower, ulong Power);
}
