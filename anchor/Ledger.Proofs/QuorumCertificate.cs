using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;

namespace Ledger.Proofs;

/// <summary>Checks that a commit is the word of more than two thirds of a configuration's voting power.</summary>
public static class QuorumCertificate
{
    /// <summary>
    /// Every signature in the commit must be sound, not only as many as make a quorum: a commit is hashed into the next
    /// header, and one rotten vote inside would make two readings of it.
    /// </summary>
    /// <returns>Null if sound, else one clause that says what is wrong.</returns>
    public static string? FindFault(Commit commit, Header header, Configuration configuration)
    {
        if (commit.Height != header.Height || commit.Block != header.Id)
        {
            return "the commit is for another block";
        }

        if (configuration.Digest != header.Validators)
        {
            return "the header names another configuration of validators";
        }

        return FindFault(commit, header.Chain, configuration);
    }

    /// <summary>The same where there is no header at hand: whether validators of this chain gave this commit.</summary>
    public static string? FindFault(Commit commit, ChainId chain, Configuration configuration)
    {
        byte[] signed = SignBytes.Vote(chain, commit.Height, commit.Round, VoteStep.Precommit, commit.Block);
        ulong power = 0;
        foreach (CommitVote vote in commit.Votes)
        {
            if (vote.Validator >= configuration.Validators.Length)
            {
                return "the commit names a validator that the configuration does not have";
            }

            Validator validator = configuration.Validators[vote.Validator];
            if (!MlDsa65.Verify(validator.VoteKey.Span, signed, default, vote.Signature.Span))
            {
                return $"the signature of validator {vote.Validator} under the commit is not sound";
            }

            power += validator.Power;
        }

        return configuration.IsQuorum(power)
            ? null
            : "the votes in the commit are not more than two thirds of the voting power";
    }
}
