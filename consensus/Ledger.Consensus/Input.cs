using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>
/// What happened, in the past tense. Signatures are verified, and headers hashed, before anything is handed in;
/// own messages come back through the same door as everybody's.
/// </summary>
public abstract record Input;

/// <summary>Something waits for a block at this height. Without it an idle replica proposes nothing.</summary>
public sealed record HeightWanted(Height Height) : Input;

/// <summary>A proposal arrived whose signature and header hash are right.</summary>
/// <param name="HeardAt">Local clock on first receipt, for proposer-based timestamps.</param>
public sealed record ProposalHeard(SignedProposal Proposal, UnixTime HeardAt) : Input;

/// <summary>A vote arrived whose signature is right under the validators of its height.</summary>
public sealed record VoteHeard(SignedVote Vote) : Input;

/// <summary>
/// A peer told where it stands. Each draws an answer of up to two rounds of votes, so the driver hands in a few per
/// second and peer, and drops the rest.
/// </summary>
public sealed record PositionHeard(PeerToken Peer, Position Position) : Input;

/// <summary>
/// The answer to <see cref="BuildBlock"/>: the block is durable here and can be served. It may come late or, while
/// there is nothing to put into a block, never.
/// </summary>
public sealed record BlockBuilt(Height Height, Round Round, BlockId Block, UnixTime BlockTime) : Input;

/// <summary>
/// The answer to <see cref="CheckBlock"/>. <paramref name="Valid"/> also says that every record of the block is held
/// durably here. The answer is final; while records are still being fetched there is none.
/// </summary>
public sealed record BlockChecked(Height Height, BlockId Block, bool Valid) : Input;

/// <summary>The journal entry with this ticket is on disk and synced.</summary>
public sealed record JournalPersisted(JournalTicket Ticket) : Input;

/// <summary>
/// A block is executed and durable, whether after <see cref="CommitBlock"/> or by synchronisation; may skip heights.
/// </summary>
/// <param name="Next">Validators of the height after it.</param>
public sealed record BlockSettled(Height Height, BlockId Block, UnixTime BlockTime, ValidatorSet Next) : Input
{
    /// <summary>In force from the height after it on; null where all stays as it was.</summary>
    public ReplicaSettings? Settings { get; init; }
}

/// <summary>A time-out that <see cref="ArmTimeout"/> asked for is over. Late and stale ones do no harm.</summary>
public sealed record TimeoutElapsed(Height Height, Round Round, TimeoutKind Kind) : Input;

/// <summary>
/// A validator answered, after this replica started, with the commit of its highest block, which the driver verified.
/// Only what comes over the validator's own authenticated link counts: an old answer that another relays would prove
/// too little.
/// </summary>
/// <param name="Height">Of that commit; 0 where nothing is settled yet.</param>
public sealed record HeadProven(KeyId Validator, Height Height) : Input;
