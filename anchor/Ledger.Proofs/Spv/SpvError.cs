namespace Ledger.Proofs.Spv;

/// <summary>The steps from a Ledger block to Bitcoin's proof of work, in the order in which they are checked.</summary>
public enum SpvStep
{
    None,

    /// <summary>The bytes of the transaction, without its witness.</summary>
    Transaction,

    /// <summary>The OP_RETURN output that names the Ledger block.</summary>
    Commitment,

    /// <summary>The Merkle branch from the transaction to the header.</summary>
    Branch,

    /// <summary>The 80 bytes of the header.</summary>
    Header,

    /// <summary>A run of headers to a checkpoint.</summary>
    Links,

    /// <summary>The header's hash against the target that it states.</summary>
    Work,

    /// <summary>That target against the easiest one that the network's name allows.</summary>
    Floor,
}

/// <summary>Why bytes are not a proof that Bitcoin holds a commitment.</summary>
public enum SpvFault
{
    None,
    TransactionTruncated,
    TransactionTrailingBytes,
    TransactionTooLong,
    TransactionOf64Bytes,
    SizeNotShortest,
    NoInputs,
    TooManyInputs,
    NoOutputs,
    TooManyOutputs,
    ScriptTooLong,
    AmountOutOfRange,
    CommitmentMissing,
    CommitmentToAnotherBlock,
    BranchTooLong,
    IndexBeyondBranch,
    NodeDoubled,
    RootDiffers,
    HeaderLength,
    LinksLength,
    TooManyHeaders,
    LinkBroken,
    HeaderNotLinked,
    CheckpointNotLinked,
    TargetNegative,
    TargetOverflow,
    TargetZero,
    WorkMissing,
    TargetAboveLimit,
    TargetAboveFloor,
}

/// <summary>The first fault found, and where.</summary>
/// <param name="Offset">
/// Byte offset within the part that <see cref="Step"/> is about: transaction, header, run of headers,
/// or the branch written as 32 bytes per level.
/// </param>
public readonly record struct SpvError(SpvFault Fault, int Offset)
{
    /// <summary>Which step failed.</summary>
    public SpvStep Step => Fault switch
    {
        SpvFault.None => SpvStep.None,
        <= SpvFault.AmountOutOfRange => SpvStep.Transaction,
        <= SpvFault.CommitmentToAnotherBlock => SpvStep.Commitment,
        <= SpvFault.RootDiffers => SpvStep.Branch,
        <= SpvFault.HeaderLength => SpvStep.Header,
        <= SpvFault.CheckpointNotLinked => SpvStep.Links,
        <= SpvFault.WorkMissing => SpvStep.Work,
        _ => SpvStep.Floor,
    };

    /// <summary>One clause for people, without the offset.</summary>
    public string Reason => Fault switch
    {
        SpvFault.None => "no fault",
        SpvFault.TransactionTruncated => "the Bitcoin transaction ends too early",
        SpvFault.TransactionTrailingBytes => "bytes follow the end of the Bitcoin transaction",
        SpvFault.TransactionTooLong => "the Bitcoin transaction is longer than a proof may hold",
        SpvFault.TransactionOf64Bytes =>
            "a transaction of 64 bytes cannot be told from an inner node of the Merkle tree",
        SpvFault.SizeNotShortest => "a count in the Bitcoin transaction is not in its shortest form",
        SpvFault.NoInputs => "the Bitcoin transaction has no input, or still carries its witness",
        SpvFault.TooManyInputs => "the Bitcoin transaction states more inputs than it has bytes for",
        SpvFault.NoOutputs => "the Bitcoin transaction has no output",
        SpvFault.TooManyOutputs => "the Bitcoin transaction states more outputs than it has bytes for",
        SpvFault.ScriptTooLong => "a script states more bytes than the Bitcoin transaction has left",
        SpvFault.AmountOutOfRange => "an output's amount is outside 0 to 21 million bitcoin",
        SpvFault.CommitmentMissing => "no output of the Bitcoin transaction is a Ledger commitment",
        SpvFault.CommitmentToAnotherBlock => "the Bitcoin transaction commits to another Ledger block",
        SpvFault.BranchTooLong => "the Merkle branch has more levels than a Bitcoin block can have",
        SpvFault.IndexBeyondBranch => "the transaction's index is larger than its Merkle branch allows",
        SpvFault.NodeDoubled => "the Merkle branch leads through the doubled last node of a level",
        SpvFault.RootDiffers => "the Merkle branch does not lead to the root in the Bitcoin header",
        SpvFault.HeaderLength => "a Bitcoin header has 80 bytes",
        SpvFault.TargetNegative => "the Bitcoin header's target is negative",
        SpvFault.TargetOverflow => "the Bitcoin header's target is longer than 256 bits",
        SpvFault.TargetZero => "the Bitcoin header's target is zero",
        SpvFault.WorkMissing => "the Bitcoin header's hash does not meet the target that it states",
        SpvFault.TargetAboveLimit => "the Bitcoin header's target is easier than its network ever allows",
        SpvFault.TargetAboveFloor => "the Bitcoin header's target is easier than the floor for its network",
        SpvFault.LinksLength => "a run of Bitcoin headers has 80 bytes for each, and at least one",
        SpvFault.TooManyHeaders => "the run of Bitcoin headers is longer than a verifier reads",
        SpvFault.LinkBroken => "a Bitcoin header does not name the one before it",
        SpvFault.HeaderNotLinked => "the anchor's Bitcoin header is not in the run of headers beside it",
        SpvFault.CheckpointNotLinked => "the run of Bitcoin headers does not hold the checkpoint",
        _ => throw new InvalidOperationException($"Unnamed fault {Fault}."),
    };

    public override string ToString() => $"{Reason} (offset {Offset})";
}
