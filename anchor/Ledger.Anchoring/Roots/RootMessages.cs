using Ledger.Core;

namespace Ledger.Anchoring.Roots;

/// <summary>What happened, in the past tense.</summary>
public abstract record RootInput;

/// <summary>Digests below this number are durable.</summary>
public sealed record DigestsKept(ArrivalNumber Next) : RootInput;

/// <summary>A few times a second.</summary>
public sealed record RootClockTicked(UnixTime Now) : RootInput;

/// <summary>Batch and tree are durable.</summary>
public sealed record RootBatchSaved(RootBatch Batch) : RootInput;

/// <summary>The record is sealed, and the batch that names it durable.</summary>
public sealed record RootRecordSealed(RootBatch Batch) : RootInput;

/// <summary>The record is in a block.</summary>
public sealed record RootRecordSettled(ArrivalNumber First) : RootInput;

/// <summary>What was asked for could not be done; it is asked for again.</summary>
/// <param name="Reason">One sentence for an operator.</param>
public sealed record RootCallFailed(string Reason) : RootInput;

/// <summary>What is to be done, in the imperative. Each is answered by an input.</summary>
public abstract record RootEffect;

/// <summary>Make the tree over these digests durable, with its batch; answer <see cref="RootBatchSaved"/>.</summary>
public sealed record SaveRootBatch(ArrivalNumber First, int Count) : RootEffect;

/// <summary>Seal the <c>root</c> record and note its id durably; answer <see cref="RootRecordSealed"/>.</summary>
/// <param name="MayBeSealed">An earlier run may have sealed it and lost the note: look before sealing.</param>
public sealed record SealRootRecord(RootBatch Batch, bool MayBeSealed) : RootEffect;
