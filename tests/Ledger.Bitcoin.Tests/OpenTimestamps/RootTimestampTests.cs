using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Tests.Spv;

namespace Ledger.Bitcoin.Tests.OpenTimestamps;

public class RootTimestampTests
{
    private const string Calendar = "https://ledger.example";

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(50, 17)]
    [InlineData(1_000, 999)]
    public void A_digests_path_leads_to_the_merkle_root_in_bitcoins_header(int digests, int index)
    {
        Sample sample = new(digests, recordBytes: 3_900);
        Assert.True(sample.TryBuild(index, out OtsTimestamp? timestamp, out OtsFault fault), fault.ToString());

        (byte[] message, OtsAttestation attestation) =
            Assert.Single(Read(timestamp!, sample.Digests[index]).Evaluate(sample.Digests[index].Span));
        Assert.Equal(new OtsAttestation.Bitcoin(sample.Bitcoin.Height), attestation);
        Assert.True(BitcoinHeader.TryParse(sample.Bitcoin.Header.Span, out BitcoinHeader? header, out _));
        Assert.Equal(header.MerkleRoot.ToArray(), message);
    }

    [Fact]
    public void Parts_that_do_not_follow_from_each_other_make_no_proof()
    {
        Sample sample = new(7, recordBytes: 3_900);
        InclusionProof inTree = sample.InTree(3);
        Assert.True(Build(sample.Digests[3], inTree, sample.Root, sample.Record));

        Assert.False(Build(sample.Digests[2], inTree, sample.Root, sample.Record));
        Assert.False(Build(sample.Digests[3], sample.InTree(2), sample.Root, sample.Record));
        Assert.False(Build(sample.Digests[3], inTree, Digest.Zero, sample.Record));
        Assert.False(Build(sample.Digests[3], inTree, sample.Root, [.. sample.Record, 0]));
        Assert.False(Build(sample.Digests[3], inTree, sample.Root, []));

        bool Build(Digest digest, InclusionProof path, Digest root, byte[] record)
        {
            bool built = RootTimestamp.TryBuild(
                digest, path, root, record, sample.InLog, sample.Header, sample.Bitcoin, out _, out OtsFault fault);
            Assert.Equal(built ? OtsFault.None : OtsFault.PathBroken, fault);
            return built;
        }
    }

    [Fact]
    public void The_longest_root_record_fits_one_operation_and_one_byte_more_than_that_operation_does_not()
    {
        Sample longest = new(9, Limits.RootRecordBytes);
        Assert.True(longest.TryBuild(8, out OtsTimestamp? timestamp, out OtsFault fault), fault.ToString());
        Read(timestamp!, longest.Digests[8]);

        Assert.True(new Sample(9, OtsLimits.ResultBytes).TryBuild(8, out _, out _));
        Assert.False(new Sample(9, OtsLimits.ResultBytes + 1).TryBuild(8, out _, out fault));
        Assert.Equal(OtsFault.ResultTooLong, fault);
    }

    /// <summary>The largest tree, a log of a billion entries and a full Bitcoin block, each at its longest path.</summary>
    [Fact]
    public void The_longest_way_stays_within_a_calendars_reply_and_within_the_depth_that_readers_follow()
    {
        Sample sample = Sample.Largest();
        Assert.Equal((17, 30, 16), (sample.InTree(0).Path.Length, sample.InLog.Path.Length, sample.Bitcoin.Branch.Length));
        Assert.True(sample.TryBuild(0, out OtsTimestamp? timestamp, out OtsFault fault), fault.ToString());

        byte[] reply = timestamp!.Encode();
        Assert.InRange(reply.Length, 6_000, OtsLimits.ReplyBytes - 1);
        Assert.InRange(timestamp.Depth, 180, OtsLimits.Depth - 1);
        Read(timestamp, sample.Digests[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(64)]
    public void A_pending_timestamp_is_of_the_message_and_ends_at_the_digest_that_is_kept(int bytes)
    {
        byte[] message = [.. Enumerable.Range(0, bytes).Select(i => (byte)i)];
        OtsTimestamp pending = RootTimestamp.Pending(message, new byte[RootTimestamp.NonceBytes], Calendar, out Digest digest);

        Assert.True(OtsTimestamp.TryDecode(pending.Encode(), message, out OtsTimestamp? read, out OtsError error), error.ToString());
        (byte[] last, OtsAttestation attestation) = Assert.Single(read.Evaluate(message));
        Assert.Equal(digest.ToArray(), last);
        Assert.Equal(new OtsAttestation.Pending(Calendar), attestation);
    }

    private static OtsTimestamp Read(OtsTimestamp timestamp, Digest digest)
    {
        Assert.True(OtsTimestamp.TryDecode(timestamp.Encode(), digest.Span, out OtsTimestamp? read, out OtsError error), error.ToString());
        return read;
    }

    /// <summary>Digests under a root, a document in the place of the root record, a log, a header and Bitcoin.</summary>
    private sealed class Sample
    {
        private readonly InclusionProof? _simulated;
        private readonly MemoryTiles _tiles = new();

        public Sample(int digests, int recordBytes)
        {
            Digests = [.. Enumerable.Range(0, digests).Select(i => Digest.Of(BitConverter.GetBytes(i)))];
            LogAppend tree = LogFrontier.Empty.Append([.. Digests.Select(digest => new EntryHash(digest))]);
            _tiles.Save(tree);
            Root = tree.Frontier.Root;
            Record = Document(Root, recordBytes);
            (InLog, Header) = TestRecord.Over(EntryHash.Of(Record), new LogIndex(0), new TreeSize(5));
            Bitcoin = TestProof.Make(transaction: TestProof.Transaction(Header.Id));
        }

        private Sample(Digest digest, InclusionProof inTree, Digest root)
        {
            Digests = [digest];
            (_simulated, Root) = (inTree, root);
            Record = Document(root, Limits.RootRecordBytes);
            (InLog, Header) = TestRecord.Over(EntryHash.Of(Record), new LogIndex(0), new TreeSize(1_000_000_000));
            Bitcoin = TestProof.Make(60_000, 0, transaction: TestProof.Transaction(Header.Id));
        }

        public Digest[] Digests { get; }

        public Digest Root { get; }

        public byte[] Record { get; }

        public InclusionProof InLog { get; }

        public Header Header { get; }

        public SpvProof Bitcoin { get; }

        public static Sample Largest()
        {
            Digest digest = Digest.Of("digest"u8);
            LogIndex index = new(0);
            TreeSize size = new(1 << 17);
            InclusionProof inTree = new(
                index, size, [.. Enumerable.Range(0, 17).Select(level => Digest.Of([(byte)level]))]);
            Assert.True(InclusionProof.TryComputeRoot(
                LeafHash.Of(new EntryHash(digest)), index, size, inTree.Path.AsSpan(), out Digest root));
            return new Sample(digest, inTree, root);
        }

        public InclusionProof InTree(int index)
        {
            if (_simulated is not null)
            {
                return _simulated;
            }

            TreeSize size = new((ulong)Digests.Length);
            Assert.True(LogProofs.TryInclusion(_tiles, new LogIndex((ulong)index), size, out InclusionProof proof, out _));
            return proof;
        }

        public bool TryBuild(int index, out OtsTimestamp? timestamp, out OtsFault fault) => RootTimestamp.TryBuild(
            Digests[index], InTree(index), Root, Record, InLog, Header, Bitcoin, out timestamp, out fault);

        /// <summary>What a proof needs of a record: the body's member, with bytes before and behind it.</summary>
        private static byte[] Document(Digest root, int bytes)
        {
            byte[] member = [0x64, .. "root"u8, 0x58, 0x20, .. root.Span];
            return [.. new byte[300], .. member, .. new byte[bytes - 300 - member.Length]];
        }
    }
}
