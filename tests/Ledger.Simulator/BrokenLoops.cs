using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;

namespace Ledger.Simulator;

/// <summary>Deliberate bugs in the loop around the replica, one each. They live here and nowhere else.</summary>
internal static class BrokenLoops
{
    public sealed class LeavesSignaturesUnchecked : LoopRules
    {
        public override bool Counts(bool signed) => true;
    }

    public sealed class LeavesCommitsUnchecked : LoopRules
    {
        public override string? FaultOf(Core.Chain.Commit commit, Header header, Configuration configuration) => null;
    }

    /// <summary>A commit whose signatures are sound, however few they are.</summary>
    public sealed class OneVoteMakesACommit : LoopRules
    {
        public override string? FaultOf(Core.Chain.Commit commit, Header header, Configuration configuration)
        {
            byte[] signed = SignBytes.Vote(
                header.Chain, commit.Height, commit.Round, VoteStep.Precommit, commit.Block);
            bool sound = commit.Block == header.Id && commit.Votes.All(vote => MlDsa65.Verify(
                configuration.Validators[vote.Validator].VoteKey.Span, signed, default, vote.Signature.Span));
            return sound ? null : "a signature is not sound";
        }
    }

    public sealed class VouchesForWhatItLacks : LoopRules
    {
        public override bool JudgesBeforeItVouches => false;
    }

    /// <summary>What it votes for is in memory alone.</summary>
    public sealed class KeepsNoCandidates : LoopRules
    {
        public override bool KeepsCandidates => false;
    }

    /// <summary>What was fetched for a block is thrown away when the block settles.</summary>
    public sealed class DropsFetchedRecords : LoopRules
    {
        public override bool OutlivesHeight(bool settled) => false;
    }

    public sealed class AcknowledgesBeforeTheDisk : LoopRules
    {
        public override bool SealsOnceDurable => false;
    }

    public sealed class SettlesBeforeTheDisk : LoopRules
    {
        public override bool SettlesOnceDurable => false;
    }

    public sealed class RestartForgetsWhatWaits : LoopRules
    {
        public override bool RestoresPending => false;
    }

    public sealed class SaysNothingAgain : LoopRules
    {
        public override bool SaysAgain => false;
    }

    /// <summary>However late a proposal is.</summary>
    public sealed class WaitsForProposersForEver : LoopRules
    {
        public override bool Tells(TimeoutKind kind) => kind != TimeoutKind.Propose;
    }

    public sealed class OverlooksABackup : LoopRules
    {
        public override bool IsOlderThanLeft(ulong inside, ulong outside) => false;
    }

    public sealed class RestartForgetsQuarantine : LoopRules
    {
        public override bool KeepsQuarantine => false;
    }

    /// <summary>Numbers its journal from one at each start, and so writes over what an earlier life cast.</summary>
    public sealed class RestartOverwritesTheJournal : LoopRules
    {
        public override ulong NumberOf(JournalTicket ticket, ulong written) => ticket.Value;
    }

    /// <summary>One height too many is taken for settled.</summary>
    public sealed class CutsTheJournalTooHigh : LoopRules
    {
        public override Height JournalFrom(Height settled) => settled.Next.Next;
    }

    /// <summary>Seals in its stream at once when it comes back from a backup.</summary>
    public sealed class ContinuesAnOldStream : LoopRules
    {
        public override bool WaitsForOwnHead => false;
    }

    /// <summary>What may still lose against another block goes into Bitcoin.</summary>
    public sealed class AnchorsWhatIsVotedFor : LoopRules
    {
        public override BlockId Anchored(ChainStore store, Header settled) => NodeDisk.Candidates(store.Raw)
            .Where(block => store.HeightOf(block) is null)
            .DefaultIfEmpty(settled.Id)
            .First();
    }

    /// <summary>Takes a second, different message for a copy of the first.</summary>
    public sealed class DropsContradictions : LoopRules
    {
        private readonly Dictionary<(Height, Round, int, ValidatorIndex), BlockId?> _firsts = [];

        public override bool HandsIn(ConsensusMessage message)
        {
            ((Height, Round, int, ValidatorIndex) place, BlockId? block) = message switch
            {
                ConsensusMessage.VoteMessage { Signed: { Vote: var vote } signed } =>
                    ((vote.Height, vote.Round, (int)vote.Step, signed.Validator), vote.Block),
                ConsensusMessage.ProposalMessage { Signed: { Proposal: var said } signed } =>
                    ((said.Height, said.Round, 0, signed.Proposer), said.Block),
                _ => default,
            };
            return _firsts.TryAdd(place, block) || _firsts[place] == block;
        }
    }
}
