using Ledger.Core;

namespace Ledger.Consensus.Tally;

/// <summary>What became of an early message.</summary>
internal enum EarlyResult
{
    Kept,
    AlreadyKnown,
    LimitReached,
    Contradiction,
}

/// <summary>
/// Messages for rounds, or a height, that this replica has not reached. Of each validator those of its two latest
/// rounds are kept: six messages. So nobody can fill the memory, and whoever claims a far-off round only displaces
/// his own messages; what was dropped is asked for again once it matters.
/// </summary>
internal sealed class EarlyMessages
{
    private const int RoundsPerValidator = 2;

    private readonly List<EarlyMessage>[] _bySender;
    private readonly ValidatorSet _validators;
    private VoterMask _contradictors;

    public EarlyMessages(ValidatorSet validators)
    {
        _validators = validators;
        _bySender = new List<EarlyMessage>[validators.Count];
        for (int i = 0; i < _bySender.Length; i++)
        {
            _bySender[i] = [];
        }
    }

    private EarlyMessages(EarlyMessages other)
    {
        _validators = other._validators;
        _bySender = [.. other._bySender.Select(messages => new List<EarlyMessage>(messages))];
        _contradictors = other._contradictors;
    }

    public EarlyResult Add(VoteHeard heard, out Misbehaviour? misbehaviour) =>
        Add(
            heard.Vote.Validator,
            new EarlyMessage(heard.Vote.Vote.Round, (int)heard.Vote.Vote.Step, heard),
            out misbehaviour);

    public EarlyResult Add(ProposalHeard heard, out Misbehaviour? misbehaviour) =>
        Add(
            heard.Proposal.Proposer,
            new EarlyMessage(heard.Proposal.Proposal.Round, 0, heard),
            out misbehaviour);

    /// <summary>
    /// Line 55, read as "or later": the highest round such that validators of f+1 power are in it or beyond. An honest
    /// one is among them, so no gang of the faulty can drag anyone into a round where nobody is.
    /// </summary>
    public Round? HonestRound(SafetyRules rules)
    {
        var reached = new List<(Round Round, ulong Power)>();
        for (int i = 0; i < _bySender.Length; i++)
        {
            if (_bySender[i].Count > 0)
            {
                reached.Add((_bySender[i].Max(message => message.Round), _validators.Members[i].Power.Value));
            }
        }

        ulong power = 0;
        foreach ((Round round, ulong weight) in reached.OrderByDescending(entry => entry.Round))
        {
            power += weight;
            if (rules.HoldsHonest(power, _validators.Total.Value))
            {
                return round;
            }
        }

        return null;
    }

    /// <summary>Removes and returns what belongs to this round or an earlier one, by sender, in the order heard.</summary>
    public List<Input> TakeUpTo(Round round)
    {
        var taken = new List<Input>();
        foreach (List<EarlyMessage> messages in _bySender)
        {
            taken.AddRange(messages.Where(message => message.Round <= round).Select(message => message.Input));
            messages.RemoveAll(message => message.Round <= round);
        }

        return taken;
    }

    public EarlyMessages Clone() => new(this);

    public void Describe(StateWriter writer)
    {
        foreach (List<EarlyMessage> messages in _bySender)
        {
            foreach (EarlyMessage message in messages.OrderBy(message => message.Round).ThenBy(message => message.Kind))
            {
                writer.Add(message.Round.Value);
                writer.Add((message.Input as VoteHeard)?.Vote.Vote);
                writer.Add((message.Input as ProposalHeard)?.Proposal.Proposal.Block);
            }

            writer.Add(messages.Count);
        }

        writer.Add(_contradictors);
    }

    private EarlyResult Add(ValidatorIndex sender, EarlyMessage message, out Misbehaviour? misbehaviour)
    {
        misbehaviour = null;
        List<EarlyMessage> held = _bySender[sender.Value];
        int same = held.FindIndex(other => other.Round == message.Round && other.Kind == message.Kind);
        if (same >= 0)
        {
            Misbehaviour? found = Contradiction(held[same].Input, message.Input);
            misbehaviour = _contradictors.Contains(sender) ? null : found;
            _contradictors = found is null ? _contradictors : _contradictors.With(sender);
            return found is null ? EarlyResult.AlreadyKnown : EarlyResult.Contradiction;
        }

        if (!held.Exists(other => other.Round == message.Round)
            && held.Select(other => other.Round).Distinct().Count() >= RoundsPerValidator)
        {
            Round lowest = held.Min(other => other.Round);
            if (message.Round < lowest)
            {
                return EarlyResult.LimitReached;
            }

            held.RemoveAll(other => other.Round == lowest);
        }

        held.Add(message);
        return EarlyResult.Kept;
    }

    private static Misbehaviour? Contradiction(Input held, Input heard) => (held, heard) switch
    {
        (VoteHeard first, VoteHeard second) when first.Vote.Vote != second.Vote.Vote =>
            new DoubleVote(first.Vote, second.Vote),
        (ProposalHeard first, ProposalHeard second) when first.Proposal.Proposal != second.Proposal.Proposal =>
            new DoubleProposal(first.Proposal, second.Proposal),
        _ => null,
    };

    /// <param name="Kind">0 for a proposal, else the vote step.</param>
    private readonly record struct EarlyMessage(Round Round, int Kind, Input Input);
}
