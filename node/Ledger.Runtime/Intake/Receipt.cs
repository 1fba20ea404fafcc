using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Execution;

namespace Ledger.Runtime.Intake;

/// <summary>The three states of a record, with the words that every surface uses.</summary>
public enum RecordPhase
{
    Sealed,
    Settled,
    Anchored,
}

/// <param name="Height">Null while only sealed.</param>
/// <param name="Index">Position in the log; null while only sealed.</param>
/// <param name="BlockTime">Null while only sealed.</param>
public sealed record Receipt(
    RecordId Id, EntryHash Entry, StreamId Stream, Sequence Seq, RecordPhase Phase, Height? Height, LogIndex? Index,
    UnixTime? BlockTime);

public enum RefusalKind
{
    /// <summary>The bytes are no record, or the signature is not sound.</summary>
    Unsound,

    /// <summary>Sound by itself, but it does not continue its stream.</summary>
    Misplaced,

    /// <summary>Another record already stands at this place of the stream: that key signed two histories.</summary>
    Fork,

    NotAdmitted,

    /// <summary>This node holds as many waiting records as it may.</summary>
    Busy,

    DiskFull,
}

/// <summary>Why a record was not accepted; nothing of it was kept.</summary>
/// <param name="Fault">The layer, reason and offset, where a rule of the format or the stream refused it.</param>
/// <param name="Admission">The quota, where admission refused it.</param>
/// <param name="Detail">One sentence that says what to do.</param>
public sealed record Refusal(RefusalKind Kind, string Detail, Fault? Fault = null, AdmissionRefusal? Admission = null);

/// <summary>The answer for one record of a submission: a receipt or a refusal.</summary>
public readonly record struct SubmissionOutcome(Receipt? Receipt, Refusal? Refusal);
