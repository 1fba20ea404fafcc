using Ledger.Core;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.Runtime.Evidence;
using static Ledger.Simulator.Checker;

namespace Ledger.Simulator;

/// <summary>
/// Whoever asks a node what it waits for, or for evidence, and believes nothing: the product's own offline verifier.
/// </summary>
internal sealed class Stranger(Checker checker)
{
    /// <summary>Whatever befell a node, its operator is told where it stands.</summary>
    public static void AskWhatItWaitsFor(HonestNode node) => Require(
        !node.IsUp || node.Node.Standstill is { WaitsFor.Length: > 0 },
        "a node says what it waits for",
        $"n{node.Index}");

    /// <summary>All that settled of a stream, from its genesis record on, out of one node's store.</summary>
    public void AskForEvidence(HonestNode node, StreamId stream)
    {
        if (checker.Oracle.Chain.Stream(stream) is null)
        {
            return;
        }

        EvidenceBuilder builder = new(node.Chain, new NoAnchors());
        EvidenceFile? file = builder.ForStream(stream);
        Verification? verification =
            file is null ? null : EvidenceVerifier.Verify(EvidenceWriter.Encode(file), TrustFile.Empty);
        Require(
            verification is { Verdict: Verdict.Verified, Settled: not null },
            "evidence verifies",
            $"n{node.Index}, stream {stream}: "
            + $"{(verification is null ? "no file" : VerdictJson.FirstLine(verification))}");
    }
}
