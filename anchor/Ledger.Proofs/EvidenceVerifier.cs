using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs.Checks;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Records.Streams;

namespace Ledger.Proofs;

/// <summary>
/// Judges an evidence file, a misbehaviour or fork file, or a bare chain of records: a pure function of the bytes, the trust file and the question's
/// time. Any byte string gets a verdict; nothing makes it throw. <c>anchor/README.md</c> specifies the checks.
/// </summary>
public static class EvidenceVerifier
{
    /// <param name="bytes">The whole file; kept while the call runs.</param>
    /// <param name="freshness">Null asks nothing of the checkpoint's age.</param>
    public static Verification Verify(ReadOnlyMemory<byte> bytes, TrustFile trust, FreshnessLimit? freshness = null)
    {
        if (MisbehaviourFile.LooksLikeOne(bytes.Span))
        {
            return MisbehaviourVerifier.Verify(bytes, trust);
        }

        if (ForkFile.LooksLikeOne(bytes.Span))
        {
            return ForkVerifier.Verify(bytes.Span, trust);
        }

        if (!LooksLikeEvidence(bytes.Span))
        {
            return Report(ChainVerifier.Verify(bytes.Span), trust, freshness);
        }

        if (!EvidenceParser.TryParse(bytes, out EvidenceFile file, out EvidenceFault fault))
        {
            return new Verification
            {
                Verdict = Verdict.Invalid,
                Layer = Layer.Encoding,
                Reason = $"the file cannot be read: {fault.Error}",
                Index = fault.WholeRecords,
                Records = fault.WholeRecords,
                Trust = TrustReport.None,
                Layers = [new LayerReport(Layer.Encoding.Word(), LayerOutcome.Failed, $"{fault.Error}")],
            };
        }

        return Judge(file, trust, freshness);
    }

    /// <summary>
    /// Whether these first bytes, one at least, are an evidence or misbehaviour file's, which has a limit. If not, the file is judged as a bare chain,
    /// which may be of any length: a caller with a large one gives it to <see cref="ChainVerifier"/> in pieces, and
    /// what that finds to <see cref="Report"/>.
    /// </summary>
    public static bool LooksLikeEvidence(ReadOnlySpan<byte> start) => EvidenceParser.LooksLikeEvidence(start);

    /// <summary>What was found in a bare chain, in the words of every other verdict.</summary>
    public static Verification Report(ChainVerdict chain, TrustFile trust, FreshnessLimit? freshness = null) =>
        BareChainReport.Of(chain, trust, freshness);

    private static Verification Judge(EvidenceFile file, TrustFile trust, FreshnessLimit? freshness)
    {
        Findings findings = new();
        CheckShape(file, trust, findings);
        CheckedChain? chain = file.Chain is { } evidence ? new ChainCheck(file, evidence, trust, findings).Run() : null;
        RecordsCheck recordsCheck = new(file, findings);
        ImmutableArray<Record> records = recordsCheck.Run(chain?.Head);
        if (records.Length > 0 && records[0].Stream != file.Stream)
        {
            findings.Add(0, Layer.Link, "the records are of another stream than the file says");
        }

        if (chain is not null)
        {
            recordsCheck.CheckLog(records, chain, file.Chain!.Log);
            if (chain.Head is { } head)
            {
                recordsCheck.CheckAgainstHead(records, head);
            }
        }

        // Asked last, so that a file changed where a signature covers it is answered with the layer that noticed.
        if (!findings.Any && !file.ChecksumHolds)
        {
            findings.Add(0, Layer.Encoding, "the file was changed after it was written: its checksum differs");
        }

        EvidenceReport report = new(file, chain, records, trust, findings);
        if (findings.Any)
        {
            Finding first = findings.First();
            return report.Of(Verdict.Invalid, first);
        }

        if (FindRevoked(file, chain, records) is { } revoked)
        {
            return report.Of(Verdict.Revoked, revoked);
        }

        return FindStale(file, chain, records, freshness) is { } stale
            ? report.Of(Verdict.Stale, stale)
            : report.Of(Verdict.Verified, null);
    }

    private static void CheckShape(EvidenceFile file, TrustFile trust, Findings findings)
    {
        if (file.Scope == EvidenceScope.Record && file.Records.Length != 1)
        {
            findings.Add(1, Layer.Encoding, "a file of scope record holds exactly one record");
        }

        for (int i = 1; i < file.Keys.Length; i++)
        {
            if (file.Keys[i - 1].Span.SequenceCompareTo(file.Keys[i].Span) >= 0)
            {
                findings.Add(0, Layer.Encoding, "the keys beside the records are not in ascending order");
            }
        }

        if (!trust.Streams.IsEmpty && !trust.Streams.Contains(file.Stream))
        {
            findings.Add(0, Layer.Signature, "the stream is none of those that the trust file names");
        }
    }

    private static Finding? FindRevoked(EvidenceFile file, CheckedChain? chain, ImmutableArray<Record> records)
    {
        if (chain?.Head is { } head)
        {
            return RecordsCheck.FirstRevoked(records, head) is { } index
                ? new Finding(index, Layer.Revocation, "the record's key was revoked from here on")
                : null;
        }

        // Without a settled state the records themselves are all that tells of revocations.
        ChainVerifier verifier = new();
        foreach (ReadOnlyMemory<byte> record in file.Records)
        {
            verifier.Append(record.Span);
        }

        ChainVerdict verdict = verifier.Complete();
        return verdict.Verdict == Verdict.Revoked
            ? new Finding((int)verdict.Index!.Value, Layer.Revocation, verdict.Reason)
            : null;
    }

    private static Finding? FindStale(
        EvidenceFile file, CheckedChain? chain, ImmutableArray<Record> records, FreshnessLimit? freshness)
    {
        if (file.Scope == EvidenceScope.Stream && chain?.Head is { } head && records[^1].Seq < head.Seq)
        {
            return new Finding(
                records.Length, Layer.Freshness, $"the file gives itself out as the whole stream, whose head is record {head.Seq}");
        }

        if (freshness is not { AgeMaxMs: { } limit } asked)
        {
            return null;
        }

        UnixTime? asOf = EvidenceReport.NewestTime(chain);
        if (asOf is not { } time)
        {
            return new Finding(0, Layer.Freshness, "a limit is asked for, and the file holds no checkpoint");
        }

        return asked.At.Milliseconds > time.Milliseconds && asked.At.Milliseconds - time.Milliseconds > limit
            ? new Finding(0, Layer.Freshness, "the newest checkpoint is older than the limit")
            : null;
    }
}
