using Ledger.Core;

namespace Ledger.Anchoring;

/// <summary>What happened, in the past tense.</summary>
public abstract record AnchorInput;

/// <param name="SizeBefore">Log entries before this block.</param>
/// <param name="HoldsOther">Whether it holds a record that is not an anchor.</param>
/// <param name="IsFirst">The first of a chain names no commit: its anchor would date no signature.</param>
/// <param name="EndsConfiguration">
/// Others vote from the next height on, so the header that names the commit under this block is always anchored: keys of
/// those who leave, leaked later, change nothing about who followed them.
/// </param>
public sealed record BlockSettled(
    Height Height, BlockId Block, UnixTime Time, TreeSize SizeBefore, bool HoldsOther, bool IsFirst,
    bool EndsConfiguration) : AnchorInput;

/// <summary>The policy that is in force now; the one that the plan was started with, unless told.</summary>
public sealed record PolicyChanged(AnchorPolicy Policy) : AnchorInput;

/// <summary>About once a second.</summary>
public sealed record ClockTicked(UnixTime Now) : AnchorInput;

public sealed record TransactionBuilt(Height Batch, AnchorTransactionBytes Transaction) : AnchorInput;

/// <summary>The batch, as last asked for, is durable.</summary>
public sealed record BatchSaved(Height Batch) : AnchorInput;

public sealed record TransactionSent(Height Batch) : AnchorInput;

/// <summary>Bitcoin's answer about a transaction.</summary>
/// <param name="Block">Set while it is in a block of the best chain.</param>
public sealed record StatusHeard(Height Batch, TransactionStanding Standing, uint Confirmations, Digest? Block) : AnchorInput;

public sealed record ProofBuilt(Height Batch, AnchorProofBytes Proof) : AnchorInput;

public sealed record AnchorRecordSealed(Height Batch) : AnchorInput;

/// <summary>Something asked for could not be done; it is tried again.</summary>
/// <param name="Reason">One sentence for an operator.</param>
public sealed record CallFailed(Height Batch, string Reason) : AnchorInput;

public enum TransactionStanding
{
    InMempool,
    InBlock,

    /// <summary>Its coins went elsewhere: it will never be mined.</summary>
    Replaced,

    /// <summary>Nowhere; sending it again may help.</summary>
    Dropped,
}

/// <summary>What is to be done, in the imperative. Each is answered by an input.</summary>
public abstract record AnchorEffect;

/// <summary>Make the batch durable; answer <see cref="BatchSaved"/>.</summary>
public sealed record SaveBatch(AnchorBatch Batch) : AnchorEffect;

/// <summary>Sign a transaction that commits to the block, and send nothing; answer <see cref="TransactionBuilt"/>.</summary>
public sealed record BuildTransaction(Height Batch, BlockId Block) : AnchorEffect;

/// <summary>Hand the durable transaction to the network; answer <see cref="TransactionSent"/>.</summary>
public sealed record SendTransaction(Height Batch, BlockId Block, AnchorTransactionBytes Transaction) : AnchorEffect;

public sealed record AskStatus(Height Batch, Digest Transaction) : AnchorEffect;

public sealed record BuildProof(Height Batch, BlockId Block, Digest Transaction, Digest BitcoinBlock) : AnchorEffect;

/// <summary>Seal the <c>anchor</c> record; answer <see cref="AnchorRecordSealed"/>.</summary>
public sealed record SealAnchorRecord(AnchorBatch Batch) : AnchorEffect;
