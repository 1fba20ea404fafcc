using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Proofs;

/// <summary>
/// Judges a fork file: two commits of one height. A pure function of the bytes and the trust file; rules X5 and X6 of
/// <c>consensus/README.md</c>.
/// </summary>
public static class ForkVerifier
{
    /// <summary>VERIFIED: validators of more than a third of the power precommitted two blocks; a note names them.</summary>
    public static Verification Verify(ReadOnlySpan<byte> bytes, TrustFile trust)
    {
        if (!ForkFile.TryParse(bytes, out ForkFile file, out CborError error))
        {
            return Verification.Invalid(Layer.Encoding, 0, $"the file cannot be read: {error}", TrustReport.None);
        }

        Pinning pinning = trust.Chain == file.Chain ? Pinning.Pinned : Pinning.NotPinned;
        TrustReport report = TrustReport.None with { Chain = pinning };
        if (trust.Chain is { } chain && chain != file.Chain)
        {
            return Verification.Invalid(Layer.Quorum, 0, "the commits are of another chain than the trust file names", report);
        }

        Configuration configuration = file.ReadGenesis().Configuration;
        Commit[] commits = [file.First, file.Second];
        for (int i = 0; i < commits.Length; i++)
        {
            if (QuorumCertificate.FindFault(commits[i], file.Chain, configuration) is { } fault)
            {
                return Verification.Invalid(Layer.Quorum, i, fault, report);
            }
        }

        return new Verification
        {
            Verdict = Verdict.Verified,
            Trust = report,
            Layers =
            [
                new LayerReport("quorum", LayerOutcome.Passed, "two commits of one height, each of more than two thirds"),
            ],
            Notes =
            [
                $"Chain {file.Chain} is forked at height {file.First.Height}: block {file.First.Block} has a commit of "
                    + $"round {file.First.Round}, block {file.Second.Block} one of round {file.Second.Round}.",
                Signers(file, configuration),
                "The validators are those of the genesis document; a file shows no later configuration.",
            ],
        };
    }

    private static string Signers(ForkFile file, Configuration configuration)
    {
        int[] both = [.. file.First.Votes.Select(vote => vote.Validator)
            .Where(index => file.Second.Votes.Any(vote => vote.Validator == index))];
        ulong power = both.Aggregate(0UL, (sum, index) => sum + configuration.Validators[index].Power);
        ulong total = configuration.Validators.Aggregate(0UL, (sum, validator) => sum + validator.Power);
        return $"Precommitted both: {string.Join(", ", both.Select(index => configuration.Validators[index].Name))}, "
            + $"{power} of {total} in power.";
    }
}
