using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus;

/// <summary>
/// What this validator has committed itself to, by height, round and kind. It holds what the journal on disk holds
/// and what is on its way there, and is asked before anything is signed.
/// </summary>
internal sealed class SigningLog
{
    private readonly SortedDictionary<(Height Height, Round Round, int Kind), JournalEntry> _entries = [];

    public SigningLog()
    {
    }

    /// <exception cref="InvalidOperationException">Two entries contradict each other: the journal is corrupt.</exception>
    public SigningLog(IEnumerable<JournalEntry> journal)
    {
        foreach (JournalEntry entry in journal)
        {
            if (Find(entry.Height, entry.Round, KindOf(entry)) is { } other && !other.SaysTheSame(entry))
            {
                throw new InvalidOperationException($"The vote journal contradicts itself: {other}, {entry}.");
            }

            Add(entry);
        }
    }

    public void Add(JournalEntry entry) => _entries[(entry.Height, entry.Round, KindOf(entry))] = entry;

    public bool Contains(JournalEntry entry, out JournalEntry? held)
    {
        held = Find(entry.Height, entry.Round, KindOf(entry));
        return held is not null;
    }

    /// <summary>Whether exactly this vote was cast here.</summary>
    public bool Knows(in Vote vote) => VoteOf(Find(vote.Height, vote.Round, (int)vote.Step)) == vote;

    /// <summary>Whether exactly this proposal was made here.</summary>
    public bool Knows(in Proposal said) =>
        Find(said.Height, said.Round, 0) is ProposalEntry held && held.Proposal == said;

    public bool HasVote(Height height, Round round, VoteStep step) => Find(height, round, (int)step) is not null;

    /// <summary>The lock that a precommit of this round put in place; null where there was none.</summary>
    public LockEntry? Locked(Height height, Round round) => Find(height, round, (int)VoteStep.Precommit) as LockEntry;

    public bool HasProposal(Height height, Round round) => Find(height, round, 0) is not null;

    /// <summary>The vote in an entry, if it is one.</summary>
    public static Vote? VoteOf(JournalEntry? entry) => entry switch
    {
        VoteEntry vote => vote.Vote,
        LockEntry locked => locked.Vote,
        _ => null,
    };

    /// <summary>In ascending order of rounds; within one: proposal, prevote, precommit.</summary>
    public List<JournalEntry> At(Height height) =>
        [.. _entries.Where(entry => entry.Key.Height == height).Select(entry => entry.Value)];

    public void DropBelow(Height height)
    {
        foreach ((Height, Round, int) key in _entries.Keys.TakeWhile(key => key.Height < height).ToList())
        {
            _entries.Remove(key);
        }
    }

    /// <summary>Forgets rounds of this height that are long over: nothing is signed in a round once left.</summary>
    public void Keep(Func<Round, bool> matters, Height height)
    {
        foreach ((Height, Round, int) key in _entries.Keys
            .Where(key => key.Height == height && !matters(key.Round)).ToList())
        {
            _entries.Remove(key);
        }
    }

    public SigningLog Clone() => new(_entries.Values);

    public void Describe(StateWriter writer)
    {
        foreach (((Height height, Round round, int kind), JournalEntry entry) in _entries)
        {
            writer.Add(height.Value);
            writer.Add(round.Value);
            writer.Add(kind);
            writer.Add(VoteOf(entry));
            writer.Add((entry as ProposalEntry)?.Proposal.Block);
        }
    }

    private JournalEntry? Find(Height height, Round round, int kind) => _entries.GetValueOrDefault((height, round, kind));

    /// <summary>0 for a proposal, else the vote step.</summary>
    private static int KindOf(JournalEntry entry) => VoteOf(entry) is { } vote ? (int)vote.Step : 0;
}
