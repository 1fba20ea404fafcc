using Ledger.Core;

namespace Ledger.Records.Chains;

/// <summary>What a verifier says of a file; the first that applies, in this order.</summary>
public enum Verdict
{
    Invalid,
    Revoked,
    Stale,
    Verified,
}

public static class VerdictWords
{
    /// <summary>The word that every surface shows.</summary>
    public static string Word(this Verdict verdict) => verdict switch
    {
        Verdict.Invalid => "INVALID",
        Verdict.Revoked => "REVOKED",
        Verdict.Stale => "STALE",
        Verdict.Verified => "VERIFIED",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "No such verdict."),
    };
}

/// <summary>What was found in a bare chain file. A sound one shows the chain and nothing beyond it.</summary>
/// <param name="Layer">The question that failed; null under VERIFIED.</param>
/// <param name="Reason">One clause for people; empty under VERIFIED.</param>
/// <param name="Index">
/// From 0: the first record that fails, or the number of whole records before the first unreadable byte; null under
/// VERIFIED.
/// </param>
/// <param name="Offset">
/// Byte offset in the file of the byte to blame, where there is one; else of the failing record.
/// </param>
/// <param name="Records">Records found sound, up to the first that is not.</param>
/// <param name="Stream">Null if not even the first record was sound.</param>
/// <param name="Head">Id of the last sound record; null if there is none.</param>
/// <param name="LastTime">The signer's time of the last sound record.</param>
/// <param name="RevokedBy">
/// Under REVOKED: number of the record that revokes the one at <paramref name="Index"/>.
/// </param>
/// <param name="Causes">Entries of <c>causes</c> in the sound records.</param>
/// <param name="CausesNotShown">
/// Those of them that name no record of the file; null where a file of more than 65,536 records cites some.
/// </param>
public sealed record ChainVerdict(
    Verdict Verdict,
    Layer? Layer,
    string Reason,
    long? Index,
    long? Offset,
    long Records,
    StreamId? Stream,
    RecordId? Head,
    UnixTime? LastTime,
    long? RevokedBy,
    long Causes,
    long? CausesNotShown);
