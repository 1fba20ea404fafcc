using System.Collections.Immutable;
using Ledger.Core;
using Validator = Ledger.Core.Chain.Validator;

namespace Ledger.Runtime.Status;

/// <summary>What a node waits for.</summary>
public enum WaitReason
{
    /// <summary>No record waits for a block.</summary>
    Nothing,

    /// <summary>Room on the disk.</summary>
    Disk,

    /// <summary>Blocks that others settled.</summary>
    Blocks,

    /// <summary>Records that a block names and that no peer has served yet.</summary>
    Records,

    /// <summary>The turn of the records that wait: their own time, or room in a quota.</summary>
    Turn,

    /// <summary>The proposal of the validator whose turn the round is.</summary>
    Proposal,

    /// <summary>Prevotes of more than two thirds of the power.</summary>
    Prevotes,

    /// <summary>Precommits of more than two thirds of the power.</summary>
    Precommits,

    /// <summary>The end of a round whose votes agree on nothing.</summary>
    NextRound,

    /// <summary>The write of a block that is decided.</summary>
    Write,
}

/// <summary>A validator whose word is missing, or that is not connected.</summary>
/// <param name="IsSelf">It is this node.</param>
/// <param name="LastHeard">When it last said something new; null where it did not since this node started.</param>
public sealed record MissingValidator(
    Validator Validator, bool IsSelf, bool IsConnected, bool HasPrevoted, bool HasPrecommitted, UnixTime? LastHeard);

/// <summary>Where a node stands and why it does not go on, for the people who run it. Immutable.</summary>
/// <param name="Height">Height in progress: the one after the last that settled.</param>
/// <param name="Round">Null while no round is open.</param>
/// <param name="Step">idle, propose, prevote, precommit or settling.</param>
/// <param name="StepSince">When this step of this round began.</param>
/// <param name="HeightSince">When a block of this height was first wanted.</param>
/// <param name="WaitsFor">One plain sentence.</param>
/// <param name="Waiting">Acknowledged records that no block holds.</param>
/// <param name="Votes">Of the step in progress; null where no votes are awaited.</param>
public sealed record Standstill(
    Height Height, Round? Round, string Step, UnixTime StepSince, UnixTime HeightSince, WaitReason Reason,
    string WaitsFor, int Waiting, VoteCount? Votes, ImmutableArray<MissingValidator> Missing);

/// <summary>Voting power that was heard, that is needed, and of all validators.</summary>
public sealed record VoteCount(ulong Heard, ulong Needed, ulong Total);
