using System.Collections.Immutable;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Proofs.Checks;

/// <summary>What a bare <c>.oar</c> chain shows: itself, and nothing beyond it.</summary>
internal static class BareChainReport
{
    public static Verification Of(ChainVerdict chain, TrustFile trust, FreshnessLimit? freshness)
    {
        Verification verification = new()
        {
            Verdict = chain.Verdict,
            Layer = chain.Layer,
            Reason = chain.Verdict == Verdict.Verified ? null : chain.Reason,
            Index = chain.Index is { } index ? (int)index : null,
            Stream = chain.Stream,
            Records = (int)chain.Records,
            Trust = TrustReport.None,
            Layers = Layers(chain),
            Notes = Notes(chain),
        };
        return ApplyTrust(verification, trust, freshness);
    }

    private static Verification ApplyTrust(Verification verification, TrustFile trust, FreshnessLimit? freshness)
    {
        if (verification.Stream is { } stream && !trust.Streams.IsEmpty)
        {
            bool named = trust.Streams.Contains(stream);
            verification = verification with
            {
                Trust = verification.Trust with { Key = named ? Pinning.Pinned : Pinning.NotPinned },
            };
            if (!named && verification.Verdict != Verdict.Invalid)
            {
                return verification with
                {
                    Verdict = Verdict.Invalid,
                    Layer = Layer.Signature,
                    Index = 0,
                    Reason = "the stream is none of those that the trust file names",
                };
            }
        }

        return verification.Verdict == Verdict.Verified && freshness is { AgeMaxMs: not null }
            ? verification with
            {
                Verdict = Verdict.Stale,
                Layer = Layer.Freshness,
                Index = 0,
                Reason = "a limit is asked for, and the file holds no checkpoint",
            }
            : verification;
    }

    /// <summary>Causes that the file does not hold are no fault: no node requires them.</summary>
    private static ImmutableArray<string> Notes(ChainVerdict chain)
    {
        const string Nothing =
            "Nothing beyond the chain of records was checked: not whether it was settled, not whether it goes on, not "
            + "since when it exists.";
        return chain switch
        {
            { Verdict: Verdict.Invalid } or { Causes: 0 } => [Nothing],
            { CausesNotShown: { } missing } =>
                [Nothing, $"{chain.Causes - missing} of {chain.Causes} causes are shown in this file."],
            _ => [Nothing, $"{chain.Causes} causes are cited; the file is too long to say which of them it shows."],
        };
    }

    private static ImmutableArray<LayerReport> Layers(ChainVerdict chain)
    {
        LayerReport records = chain.Verdict == Verdict.Invalid
            ? new LayerReport(chain.Layer!.Value.Word(), LayerOutcome.Failed, $"record {chain.Index}: {chain.Reason}")
            : new LayerReport("signature", LayerOutcome.Passed, $"{chain.Records} records, each signed by the key in force, form one chain");
        return
        [
            records,
            new LayerReport("log", LayerOutcome.NotChecked, "the file holds no checkpoint"),
            new LayerReport("quorum", LayerOutcome.NotChecked, "the file holds no commit"),
            new LayerReport("bitcoin", LayerOutcome.NotChecked, "the file holds no Bitcoin proof"),
        ];
    }
}
