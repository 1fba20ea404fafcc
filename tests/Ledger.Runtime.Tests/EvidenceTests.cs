using System.Collections.Concurrent;
using Ledger.Core;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Intake;
using Ledger.TestKit;

namespace Ledger.Runtime.Tests;

public sealed class EvidenceTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;

    [Fact]
    public async Task A_settled_record_a_range_and_a_stream_verify_offline()
    {
        await WithSettledStream(async (node, operatorStream, receipts) =>
        {
            await Task.CompletedTask;
            EvidenceBuilder builder = new(node.Store, new NoAnchors());
            foreach (EvidenceFile? file in new[]
            {
                builder.ForRecord(receipts[4].Id),
                builder.ForRange(operatorStream.Stream, new Sequence(2), new Sequence(5)),
                builder.ForStream(operatorStream.Stream),
            })
            {
                Verification verification = EvidenceVerifier.Verify(EvidenceWriter.Encode(file!), TrustFile.Empty);
                Assert.True(verification.Verdict == Verdict.Verified, VerdictJson.FirstLine(verification));
                Assert.NotNull(verification.Settled);
                Assert.Null(verification.Anchored);
            }
        });
    }

    [Fact]
    public async Task Each_flipped_byte_of_a_small_file_is_found_out()
    {
        await WithSettledStream(async (node, _, receipts) =>
        {
            await Task.CompletedTask;
            EvidenceBuilder builder = new(node.Store, new NoAnchors());
            byte[] file = EvidenceWriter.Encode(builder.ForRecord(receipts[3].Id)!);
            Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(file, TrustFile.Empty).Verdict);

            ConcurrentBag<int> survivors = [];
            Parallel.For(0, file.Length, at =>
            {
                byte[] broken = (byte[])file.Clone();
                broken[at] ^= (byte)(1 << (at % 8));
                if (EvidenceVerifier.Verify(broken, TrustFile.Empty).Verdict == Verdict.Verified)
                {
                    survivors.Add(at);
                }
            });

            Assert.Empty(survivors);
        });
    }

    [Fact]
    public async Task A_forged_consortium_passes_only_unpinned_and_fails_against_the_real_trust_file()
    {
        await WithSettledStream(async (node, operatorStream, _) =>
        {
            await Task.CompletedTask;
            EvidenceBuilder builder = new(node.Store, new NoAnchors());
            byte[] file = EvidenceWriter.Encode(builder.ForStream(operatorStream.Stream)!);

            Verification unpinned = EvidenceVerifier.Verify(file, TrustFile.Empty);
            Verification pinned = EvidenceVerifier.Verify(file, new TrustFile { Chain = node.Genesis.Chain });
            Verification other = EvidenceVerifier.Verify(file, new TrustFile { Chain = new ChainId(Digest.Of([1])) });

            Assert.Equal(Verdict.Verified, unpinned.Verdict);
            Assert.Contains("whoever made it could have made all of it", VerdictJson.FirstLine(unpinned));
            Assert.Equal((Verdict.Verified, Pinning.Pinned), (pinned.Verdict, pinned.Trust.Chain));
            Assert.Equal((Verdict.Invalid, Layer.Quorum, 0), (other.Verdict, other.Layer, other.Index));
        });
    }

    private static async Task WithSettledStream(Func<LedgerNode, Operator, Receipt[], Task> use)
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        Operator operatorStream = new(100);
        SubmissionOutcome[] outcomes = await node.SubmitAsync(operatorStream.Next(7));
        await node.WaitAsync(outcomes[^1].Receipt!.Id, RecordPhase.Settled, Soon);
        await use(node, operatorStream, [.. outcomes.Select(outcome => outcome.Receipt!)]);
    }
}
