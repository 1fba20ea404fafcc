using Ledger.Core;

namespace Ledger.Consensus;

/// <content>The one way to a signature: log, disk, then voice.</content>
public sealed partial class Replica
{
    /// <summary>Binds this validator to what it is about to say. A follower binds itself to nothing.</summary>
    private void Commit(JournalEntry entry)
    {
        if (!MaySign)
        {
            return;
        }

        if (_signed.Contains(entry, out JournalEntry? other))
        {
            throw new InvalidOperationException($"About to sign {entry} after {other}.");
        }

        _signed.Add(entry);
        _lastTicket = new JournalTicket(_lastTicket.Value + 1);
        _unsynced.Add(_lastTicket, entry);
        _effects.Add(new PersistJournal(_lastTicket, entry));
        if (_rules.SpeaksBeforeDurable)
        {
            Speak(entry);
        }
    }

    private void OnJournalPersisted(JournalPersisted input)
    {
        // Leaving a height empties the list: what was not said by then need not be said any more.
        if (!_unsynced.Remove(input.Ticket, out JournalEntry? entry))
        {
            Ignore(input, IgnoreReason.Stale);
        }
        else if (MaySign && !_rules.SpeaksBeforeDurable)
        {
            Speak(entry);
        }
    }

    private void Speak(JournalEntry entry)
    {
        _effects.Add(entry switch
        {
            VoteEntry vote => new SignAndBroadcastVote(vote.Vote, _self!.Value),
            LockEntry locked => new SignAndBroadcastVote(locked.Vote, _self!.Value),
            ProposalEntry proposal => new SignAndBroadcastProposal(proposal.Proposal),
            _ => throw new InvalidOperationException($"Unknown entry {entry}."),
        });
    }
}
