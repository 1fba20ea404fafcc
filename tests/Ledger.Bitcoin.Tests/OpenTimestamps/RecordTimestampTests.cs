using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Log;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Tests.Spv;

namespace Ledger.Bitcoin.Tests.OpenTimestamps;

public class RecordTimestampTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(7, 6)]
    [InlineData(1_000, 513)]
    public void A_records_path_leads_to_the_merkle_root_in_bitcoins_header(int entries, int index)
    {
        var record = new TestRecord(entries);
        SpvProof bitcoin = Anchor(record);
        Assert.True(record.TryStamp(index, bitcoin, out OtsFile? file, out OtsFault fault), fault.ToString());

        byte[] bytes = file!.Encode();
        Assert.True(OtsFile.TryDecode(bytes, out OtsFile? read, out OtsError error), error.Reason);
        Assert.Equal(record.Entries[index].Value, read.FileDigest);
        (byte[] message, OtsAttestation attestation) = Assert.Single(read.Timestamp.Evaluate(read.FileDigest.Span));
        Assert.Equal(new OtsAttestation.Bitcoin(bitcoin.Height), attestation);
        Assert.True(BitcoinHeader.TryParse(bitcoin.Header.Span, out BitcoinHeader? header, out _));
        Assert.Equal(header.MerkleRoot.ToArray(), message);
    }

    [Fact]
    public void Every_record_of_a_log_is_stamped()
    {
        var record = new TestRecord(37);
        SpvProof bitcoin = Anchor(record);

        Assert.All(Enumerable.Range(0, 37), index => Assert.True(record.TryStamp(index, bitcoin, out _, out _)));
    }

    [Fact]
    public void Parts_that_do_not_follow_from_each_other_make_no_proof()
    {
        var record = new TestRecord(7);
        SpvProof bitcoin = Anchor(record);
        InclusionProof inclusion = record.Inclusion(3);
        Assert.True(Build(record.Entries[3], inclusion, record.Header, bitcoin));

        Assert.False(Build(record.Entries[2], inclusion, record.Header, bitcoin));
        Assert.False(Build(record.Entries[3], inclusion with { Index = new LogIndex(2) }, record.Header, bitcoin));
        Assert.False(Build(record.Entries[3], inclusion with { Path = inclusion.Path[..^1] }, record.Header, bitcoin));
        Assert.False(Build(
            record.Entries[3], inclusion, record.Header with { Root = Digest.Zero }, Anchor(record)));
        SpvProof moved = bitcoin with { Index = new TransactionIndex(3) };
        Assert.False(Build(record.Entries[3], inclusion, record.Header, moved));
        Assert.False(Build(record.Entries[3], inclusion, record.Header, TestProof.Make()));
        Assert.False(Build(record.Entries[3], inclusion, record.Header, bitcoin with { Header = new byte[79] }));
        Assert.False(Build(record.Entries[3], inclusion, record.Header, bitcoin with { Transaction = new byte[9] }));

        static bool Build(EntryHash entry, InclusionProof inclusion, Core.Chain.Header header, SpvProof bitcoin)
        {
            bool built = RecordTimestamp.TryBuild(entry, inclusion, header, bitcoin, out _, out OtsFault fault);
            Assert.Equal(built ? OtsFault.None : OtsFault.PathBroken, fault);
            return built;
        }
    }

    [Fact]
    public void A_transaction_longer_than_an_operation_allows_is_told_and_not_written()
    {
        var record = new TestRecord(2);
        byte[] outputs = LedgerCommitment.Script(record.Header.Id);
        byte[] Transaction(int padding) => TestProof.Transaction(
            [.. Enumerable.Repeat(TestProof.Output(1, new byte[200]), 18),
             TestProof.Output(1, new byte[padding]), TestProof.Output(0, outputs)]);
        int missing = 4_096 - Transaction(0).Length;
        SpvProof fits = TestProof.Make(transaction: Transaction(missing));
        Assert.Equal(4_096, fits.Transaction.Length);
        Assert.True(record.TryStamp(0, fits, out _, out OtsFault fault), fault.ToString());

        SpvProof over = TestProof.Make(transaction: Transaction(missing + 1));
        Assert.False(record.TryStamp(0, over, out _, out fault));
        Assert.Equal(OtsFault.ResultTooLong, fault);
    }

    [Fact]
    public void A_log_of_a_billion_records_and_a_full_bitcoin_block_stay_within_every_limit()
    {
        // Index 0 has a sibling on the right at every level, which takes the most operations.
        var size = new TreeSize(1_000_000_000);
        TestRecord record = TestRecord.Simulated(new LogIndex(0), size, out InclusionProof inclusion);
        Assert.Equal(30, inclusion.Path.Length);
        SpvProof bitcoin = TestProof.Make(60_000, 0, transaction: TestProof.Transaction(record.Header.Id));
        Assert.Equal(16, bitcoin.Branch.Length);

        Assert.True(RecordTimestamp.TryBuild(
            record.Entries[0], inclusion, record.Header, bitcoin, out OtsFile? file, out _));
        Assert.InRange(file.Timestamp.Depth, 100, 200);
        Assert.InRange(file.Encode().Length, 2_000, 4_000);
        Assert.True(OtsFile.TryDecode(file.Encode(), out _, out _));
    }

    private static SpvProof Anchor(TestRecord record) =>
        TestProof.Make(transaction: TestProof.Transaction(record.Header.Id));
}
