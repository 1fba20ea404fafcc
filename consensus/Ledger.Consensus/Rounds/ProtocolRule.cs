namespace Ledger.Consensus;

/// <summary>
/// The rules of algorithm 1 of "The latest gossip on BFT consensus" (arXiv 1807.04938). The number is the line
/// that acts; each has a test.
/// </summary>
public enum ProtocolRule
{
    /// <summary>Lines 15, 16, 19: the proposer has a valid value and proposes it again.</summary>
    ProposeValidAgain = 16,

    /// <summary>Line 18: the proposer asks for a new value.</summary>
    AskForBlock = 18,

    /// <summary>Line 19: the new value is here; propose it.</summary>
    ProposeFresh = 19,

    /// <summary>Line 21: somebody else's turn; wait for his proposal.</summary>
    AwaitProposal = 21,

    /// <summary>Lines 22 to 24: a fresh proposal that is valid, timely and not against the lock.</summary>
    PrevoteFresh = 24,

    /// <summary>Line 26: a fresh proposal that is not.</summary>
    RefuseFresh = 26,

    /// <summary>Lines 28 to 30: a proposal with a quorum of prevotes from a round no older than the lock.</summary>
    PrevoteCertified = 30,

    /// <summary>Line 32: such a proposal that is invalid or older than the lock.</summary>
    RefuseCertified = 32,

    /// <summary>Lines 34, 35: a quorum prevoted, whatever for.</summary>
    ArmPrevoteTimeout = 35,

    /// <summary>Lines 36 to 43: a quorum prevoted for one block in time: lock it, precommit it.</summary>
    LockAndPrecommit = 40,

    /// <summary>Lines 36, 42, 43: a quorum prevoted for one block, too late to lock it.</summary>
    RememberValid = 42,

    /// <summary>Lines 44, 45: a quorum prevoted nil.</summary>
    PrecommitNil = 45,

    /// <summary>Lines 47, 48: a quorum precommitted, whatever for.</summary>
    ArmPrecommitTimeout = 48,

    /// <summary>Lines 49 to 51: a quorum precommitted one block.</summary>
    Decide = 51,

    /// <summary>Lines 55, 56: more than the faulty can muster are in a later round.</summary>
    SkipToRound = 56,

    /// <summary>Lines 57 to 60: no proposal in time.</summary>
    PrevoteNilOnTimeout = 59,

    /// <summary>Lines 61 to 64: no agreement among the prevotes in time.</summary>
    PrecommitNilOnTimeout = 63,

    /// <summary>Lines 65 to 67: no agreement among the precommits in time.</summary>
    NextRoundOnTimeout = 67,
}
