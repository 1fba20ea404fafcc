using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Proofs.Disclosures;

/// <summary>
/// Judges an evidence file or a bare chain together with contents disclosed from it: a pure function of the bytes. A
/// disclosure that the file does not bear out makes the whole INVALID.
/// </summary>
public static class DisclosureVerifier
{
    /// <param name="file">As <see cref="EvidenceVerifier.Verify"/> takes it.</param>
    /// <param name="disclosures">Files of disclosures, at most 1,000.</param>
    public static Verification Verify(
        ReadOnlyMemory<byte> file,
        ImmutableArray<ReadOnlyMemory<byte>> disclosures,
        TrustFile trust,
        FreshnessLimit? freshness = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(disclosures.Length, DisclosuresMax, nameof(disclosures));
        Verification verification = EvidenceVerifier.Verify(file, trust, freshness);
        bool sound = verification.Verdict != Verdict.Invalid;
        ImmutableArray<ReadOnlyMemory<byte>> records = sound ? RecordsIn(file) : [];
        ImmutableArray<DisclosureReport> reports = [.. disclosures.Select(bytes => sound
            ? Check(bytes, records)
            : new DisclosureReport(LayerOutcome.NotChecked, "the file it would be held against is INVALID"))];
        verification = verification with { Disclosures = reports };
        DisclosureReport? failed = reports.FirstOrDefault(report => report.Outcome == LayerOutcome.Failed);
        return failed is null
            ? verification
            : verification with
            {
                Verdict = Verdict.Invalid,
                Layer = failed.Fails,
                Reason = failed.Text,
                Index = failed.Index ?? records.Length,
                Settled = null,
                Anchored = null,
            };
    }

    /// <summary>Disclosures that are held against one file.</summary>
    public const int DisclosuresMax = 1_000;

    private static DisclosureReport Check(ReadOnlyMemory<byte> bytes, ImmutableArray<ReadOnlyMemory<byte>> records)
    {
        if (!Disclosure.TryParse(bytes, out Disclosure? disclosure, out CborError error))
        {
            return new DisclosureReport(
                LayerOutcome.Failed, $"the disclosure cannot be read: {error}", Fails: Layer.Encoding);
        }

        DisclosureReport report = new(
            LayerOutcome.Failed, "", disclosure.Record, disclosure.Member, Bytes: disclosure.Content.Length,
            Fails: Layer.Proof);
        for (int i = 0; i < records.Length; i++)
        {
            if (Record.TryParse(records[i], out Record? record, out _) && record.Id == disclosure.Record)
            {
                return Check(disclosure, record, report with { Index = i });
            }
        }

        return report with { Text = "the file does not hold the record that the disclosure names" };
    }

    private static DisclosureReport Check(Disclosure disclosure, Record record, DisclosureReport report)
    {
        if (!CommittedMember.TryFind(record, disclosure.Member, out CommittedMember? member))
        {
            return report with { Text = "the record commits to nothing at the member that the disclosure names" };
        }

        if (member.Commitment.Size is { } size && size != (ulong)disclosure.Content.Length)
        {
            return report with { Text = "the content disclosed is not as long as the record says" };
        }

        return member.Commitment.Opens(disclosure.Salt.Span, disclosure.Content.Span)
            ? report with
            {
                Outcome = LayerOutcome.Passed,
                Text = $"{member.Path} of record {record.Seq} commits to exactly this content",
                Type = member.Commitment.Type,
                Digest = Digest.Of(disclosure.Content.Span),
                Fails = null,
            }
            : report with { Text = "the record does not commit to the content and salt disclosed" };
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> RecordsIn(ReadOnlyMemory<byte> file) =>
        !EvidenceParser.LooksLikeEvidence(file.Span) ? RecordSequence.Split(file, int.MaxValue, out _)
        : EvidenceParser.TryParse(file, out EvidenceFile evidence, out _) ? evidence.Records
        : [];
}
