using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Proofs;

/// <summary>
/// Judges a misbehaviour file: two statements that contradict each other, both signed by one key. A pure function of
/// the bytes and the trust file; rules X1 to X4 of <c>consensus/README.md</c>.
/// </summary>
public static class MisbehaviourVerifier
{
    /// <summary>
    /// VERIFIED: whoever holds the key signed both. Whether that key was a validator's at that height is not in the
    /// file; a note says so.
    /// </summary>
    public static Verification Verify(ReadOnlyMemory<byte> bytes, TrustFile trust)
    {
        if (!MisbehaviourFile.TryParse(bytes, out MisbehaviourFile file, out CborError error))
        {
            return Verification.Invalid(Layer.Encoding, 0, $"the file cannot be read: {error}", TrustReport.None);
        }

        ConsensusStatement said = MisbehaviourFile.Read(file.First);
        Pinning pinning = trust.Chain == said.Chain ? Pinning.Pinned : Pinning.NotPinned;
        TrustReport report = TrustReport.None with { Chain = pinning };
        if (FindUnsigned(file) is { } index)
        {
            return Verification.Invalid(Layer.Signature, index, "the statement was not signed by the key in the file", report);
        }

        return trust.Chain is { } chain && chain != said.Chain
            ? Verification.Invalid(Layer.Quorum, 0, "the statements are about another chain than the trust file names", report)
            : new Verification
            {
                Verdict = Verdict.Verified,
                Trust = report,
                Layers =
                [
                    new LayerReport(
                        "signature", LayerOutcome.Passed, "two statements that contradict each other, under one key"),
                    new LayerReport("quorum", LayerOutcome.NotChecked, "the file holds no configuration of validators"),
                ],
                Notes =
                [
                    $"The key {file.Signer} signed for chain {said.Chain}, height {said.Height}, round {said.Round}: "
                        + $"{Text(said)}, and {Text(MisbehaviourFile.Read(file.Second))}.",
                    "Whether the key was a validator's at that height is for the chain's configuration to say.",
                ],
            };
    }

    /// <summary>X3: 0 or 1 for the first statement that the key did not sign; null if it signed both.</summary>
    public static int? FindUnsigned(MisbehaviourFile file) =>
        !IsSigned(file, file.First) ? 0 : !IsSigned(file, file.Second) ? 1 : null;

    /// <summary>X4: whether the key is the vote key of a validator of this chain under this configuration.</summary>
    public static bool IsOfValidator(MisbehaviourFile file, ChainId chain, Configuration configuration) =>
        MisbehaviourFile.Read(file.First).Chain == chain
        && configuration.Validators.Any(validator => validator.VoteKey.Span.SequenceEqual(file.Key.Span));

    private static bool IsSigned(MisbehaviourFile file, SignedStatement signed) =>
        MlDsa65.Verify(file.Key.Span, signed.Bytes.Span, default, signed.Signature.Span);

    private static string Text(ConsensusStatement statement) => statement switch
    {
        VoteStatement { Step: VoteStep.Prevote } vote => $"a prevote for {Name(vote.Block)}",
        VoteStatement vote => $"a precommit for {Name(vote.Block)}",
        ProposalStatement { ValidRound: { } valid } said => $"a proposal of {Name(said.Block)}, valid in round {valid}",
        ProposalStatement said => $"a fresh proposal of {Name(said.Block)}",
        _ => throw new InvalidOperationException($"Unknown statement {statement}."),
    };

    private static string Name(BlockId? block) => block is { } id ? $"block {id}" : "nil";
}
