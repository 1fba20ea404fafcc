using Ledger.Consensus.Rounds;
using Ledger.Consensus.Tally;
using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>Where a replica is within its height.</summary>
public enum ReplicaPhase
{
    /// <summary>Nothing waits for a block: no round is open, no timer runs.</summary>
    WaitingForWork,

    /// <summary>Rounds are running.</summary>
    Deliberating,

    /// <summary>Decided; <see cref="BlockSettled"/> is awaited.</summary>
    Settling,
}

/// <summary>
/// One validator or follower of the BFT chain: Tendermint (arXiv 1807.04938, algorithm 1) with proposer-based
/// timestamps, as a deterministic function of its inputs. Nothing in here waits, throws for what others send, or knows
/// a clock: the driver hands in what happened and carries out the effects in their order.
/// What it signs is on disk before it is visible: <see cref="SignAndBroadcastVote"/> and
/// <see cref="SignAndBroadcastProposal"/> follow only upon <see cref="JournalPersisted"/>.
/// Not thread-safe. Memory is bounded: 16 rounds of a height, and six early messages of each validator for later rounds
/// and for the next height.
/// </summary>
public sealed partial class Replica
{
    private readonly SafetyRules _rules;
    private readonly SortedDictionary<BlockId, CheckState> _checks = [];
    private readonly SortedDictionary<JournalTicket, JournalEntry> _unsynced = [];
    private ReplicaSettings _settings;
    private SigningLog _signed;
    private JournalTicket _lastTicket;
    private ValidatorSet _validators;
    private ValidatorIndex? _self;
    private Height _height;
    private UnixTime _settledTime;
    private ReplicaPhase _phase;
    private RoundState _round = RoundState.Initial;
    private HeightMessages _messages;
    private EarlyMessages _laterRounds;
    private EarlyMessages _nextHeight;
    private (Round Round, BlockId Block)? _precommitted;
    private Height _wanted;
    private Height? _quarantineUntil;
    private Height[] _heardAt;
    private Height _syncRequested;
    private List<Effect> _effects = [];

    private Replica(ReplicaSettings settings, ReplicaRecovery recovered, SafetyRules rules)
    {
        _settings = settings;
        _rules = rules;
        _signed = new SigningLog(recovered.Journal.Where(rules.RemembersCast));
        _quarantineUntil = recovered.QuarantineUntil;
        _validators = recovered.Validators;
        _messages = new HeightMessages(_validators, _rules);
        _laterRounds = new EarlyMessages(_validators);
        _nextHeight = new EarlyMessages(_validators);
        _heardAt = new Height[_validators.Count];
        _height = recovered.Settled;
        _settledTime = recovered.SettledTime;
    }

    /// <summary>Height in progress: the one after the last that settled.</summary>
    public Height Height => _height;

    public Round Round => _round.Round;

    public ReplicaPhase Phase => _phase;

    /// <summary>Validators of the height in progress.</summary>
    public ValidatorSet Validators => _validators;

    /// <summary>Own position among them; null for a follower.</summary>
    public ValidatorIndex? Self => _self;

    /// <summary>Whether this replica may vote and propose at the height in progress.</summary>
    public bool MaySign => _self is not null && !_rules.IsQuarantined(_height, _quarantineUntil);

    /// <summary>Block that a quorum's prevotes locked here, if any.</summary>
    public BlockId? LockedBlock => _round.Locked?.Block;

    /// <summary>Last height under quarantine; null when there never was one.</summary>
    public Height? QuarantineUntil => _quarantineUntil;

    /// <summary>
    /// A replica at the height after the last settled one. With journal entries for that height it goes on in the
    /// last round it knows, under the lock it had, and says again what it had said there.
    /// </summary>
    /// <exception cref="InvalidOperationException">The journal contradicts itself.</exception>
    public static Replica Start(ReplicaSettings settings, ReplicaRecovery recovered, List<Effect> effects) =>
        Start(settings, recovered, SafetyRules.Sound, effects);

    internal static Replica Start(
        ReplicaSettings settings,
        ReplicaRecovery recovered,
        SafetyRules rules,
        List<Effect> effects)
    {
        var replica = new Replica(settings, recovered, rules) { _effects = effects };
        replica.EnterHeight(recovered.Settled.Next, recovered.SettledTime, recovered.Validators);
        replica.ApplyRules();
        replica._effects = [];
        return replica;
    }

    /// <summary>Takes one input; appends what is to be done to <paramref name="effects"/>.</summary>
    public void Step(Input input, List<Effect> effects)
    {
        _effects = effects;
        switch (input)
        {
            case HeightWanted wanted:
                OnHeightWanted(wanted);
                break;
            case ProposalHeard heard:
                OnProposal(heard);
                break;
            case VoteHeard heard:
                OnVote(heard);
                break;
            case PositionHeard heard:
                OnPosition(heard);
                break;
            case BlockBuilt built:
                OnBlockBuilt(built);
                break;
            case BlockChecked answer:
                OnBlockChecked(answer);
                break;
            case JournalPersisted persisted:
                OnJournalPersisted(persisted);
                break;
            case BlockSettled settled:
                OnBlockSettled(settled);
                break;
            case TimeoutElapsed elapsed:
                OnTimeout(elapsed);
                break;
            case HeadProven proven:
                OnHeadProven(proven);
                break;
            default:
                throw new ArgumentException($"Unknown input {input.GetType().Name}.", nameof(input));
        }

        ApplyRules();
        _effects = [];
    }

    /// <summary>An independent copy, for exploring what else could happen.</summary>
    public Replica Clone()
    {
        var recovered = new ReplicaRecovery(_height, _settledTime, _validators, [], _quarantineUntil);
        var copy = new Replica(_settings, recovered, _rules)
        {
            _signed = _signed.Clone(),
            _lastTicket = _lastTicket,
            _self = _self,
            _phase = _phase,
            _round = _round,
            _messages = _messages.Clone(),
            _laterRounds = _laterRounds.Clone(),
            _nextHeight = _nextHeight.Clone(),
            _precommitted = _precommitted,
            _wanted = _wanted,
            _heardAt = [.. _heardAt],
            _syncRequested = _syncRequested,
        };
        foreach ((KeyId validator, Height head) in _heads)
        {
            copy._heads.Add(validator, head);
        }

        foreach ((BlockId block, CheckState state) in _checks)
        {
            copy._checks.Add(block, state);
        }

        foreach ((JournalTicket ticket, JournalEntry entry) in _unsynced)
        {
            copy._unsynced.Add(ticket, entry);
        }

        return copy;
    }

    /// <summary>Equal for two replicas that will answer every further input alike (signature bytes aside).</summary>
    public Digest Fingerprint()
    {
        var writer = new StateWriter();
        writer.Add(_height.Value);
        writer.Add((int)_phase);
        writer.Add(_settledTime.Milliseconds);
        writer.Add(_round.Round);
        writer.Add((int)_round.Step);
        writer.Add(_round.Locked?.Block);
        writer.Add(_round.Locked?.Round);
        writer.Add(_round.Valid?.Block);
        writer.Add(_round.Valid?.Round);
        writer.Add(_round.PolkaSeen ? 1 : 0);
        writer.Add(_round.PrevoteTimeoutArmed ? 1 : 0);
        writer.Add(_round.PrecommitTimeoutArmed ? 1 : 0);
        _messages.Describe(writer);
        _laterRounds.Describe(writer);
        _nextHeight.Describe(writer);
        _signed.Describe(writer);
        foreach ((BlockId block, CheckState state) in _checks)
        {
            writer.Add((BlockId?)block);
            writer.Add((int)state);
        }

        foreach ((JournalTicket ticket, _) in _unsynced)
        {
            writer.Add(ticket.Value);
        }

        foreach (Height height in _heardAt)
        {
            writer.Add(height.Value);
        }

        foreach ((KeyId validator, Height head) in _heads)
        {
            writer.Add((BlockId?)new BlockId(validator.Value));
            writer.Add(head.Value);
        }

        writer.Add(_lastTicket.Value);
        writer.Add(_precommitted?.Block);
        writer.Add(_precommitted?.Round);
        writer.Add(_wanted.Value);
        writer.Add(_quarantineUntil?.Value ?? 0);
        writer.Add(_syncRequested.Value);
        return writer.ToDigest();
    }

    private void Ignore(Input input, IgnoreReason reason) => _effects.Add(new Ignored(input, reason));

    private enum CheckState
    {
        Asked,
        Valid,
        Invalid,
    }
}
