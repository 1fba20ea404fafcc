using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>One flipped bit of a real evidence file is noticed wherever it stands, by the right layer.</summary>
[Collection(OneDevnet.Name)]
[Trait("Tier", "process")]
public sealed class FlippedBitTests(DevnetFixture devnet)
{
    private EvidenceFile File => Parse(devnet.RecordEvidence);

    private Checkpoint Anchored => File.Chain!.Checkpoints.First(checkpoint => checkpoint.Bitcoin is not null);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public void No_byte_of_an_anchored_file_can_be_changed()
    {
        byte[] whole = devnet.RecordEvidence;
        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(whole, TrustFile.Empty).Verdict);
        Verdict[] verdicts = new Verdict[whole.Length];
        Parallel.For(0, whole.Length, i => verdicts[i] = Flipped(i).Verdict);
        Assert.All(verdicts, verdict => Assert.Equal(Verdict.Invalid, verdict));
    }

    /// <summary>
    /// The switch that shows that the sweep above sees anything, and what the checksum is for: with a new checksum over
    /// each change, what passes is the claimed height, and, half of the time on a test network whose blocks anybody can
    /// make, what a header says beside its Merkle root. Every other byte is held by what nobody can make anew.
    /// </summary>
    [FactThatNeeds("bitcoind", "rocksdb")]
    public void Without_the_checksum_the_same_sweep_finds_the_claims_that_nothing_else_holds()
    {
        byte[] whole = devnet.RecordEvidence;
        byte[] other = EvidenceWriter.Encode(
            WithBitcoin(File, bitcoin => bitcoin with { Height = bitcoin.Height ^ 1 }));
        int claim = whole.AsSpan().CommonPrefixLength(other);
        int header = Find(Anchored.Bitcoin!.Header);
        int[] cheap = [.. Enumerable.Range(header, 36), .. Enumerable.Range(header + 68, 12)];
        Assert.Equal(whole, WithNewChecksum(whole));
        bool[] passed = new bool[whole.Length - Digest.Size];
        Parallel.For(0, passed.Length, i =>
        {
            byte[] copy = [.. whole];
            copy[i] ^= 1;
            passed[i] = EvidenceVerifier.Verify(WithNewChecksum(copy), TrustFile.Empty).Verdict == Verdict.Verified;
        });
        Assert.Equal([claim], Enumerable.Range(0, passed.Length).Where(i => passed[i]).Except(cheap));
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_flipped_bit_in_the_record_is_found_by_its_signature_or_its_encoding()
    {
        int start = Find(File.Records[0]);
        for (int i = 0; i < File.Records[0].Length; i += 97)
        {
            Verification verdict = Flipped(start + i);
            Assert.True(verdict.Layer is Layer.Encoding or Layer.Signature,
                $"byte {i}: {VerdictJson.FirstLine(verdict)}");
            Assert.Equal(0, verdict.Index);
        }
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_flipped_bit_in_a_validators_signature_is_found_by_the_quorum()
    {
        Assert.True(Commit.TryParse(Anchored.Commit.Span, out Commit commit, out _));
        AssertLayer(Layer.Quorum, Find(commit.Votes[0].Signature) + 1_000);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_flipped_bit_in_the_inclusion_path_is_found_by_the_log()
    {
        LogInclusion inclusion = File.Chain!.Log[0];
        Assert.NotEmpty(inclusion.Path);
        AssertLayer(Layer.Log, Find(inclusion.Path[0].ToArray()) + 7);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_flipped_bit_in_transaction_branch_or_header_is_found_by_Bitcoin()
    {
        BitcoinEvidence bitcoin = Anchored.Bitcoin!;
        Assert.NotEmpty(bitcoin.Branch);
        AssertLayer(Layer.Bitcoin, Find(bitcoin.Tx) + (bitcoin.Tx.Length / 2));
        AssertLayer(Layer.Bitcoin, Find(bitcoin.Branch[0].ToArray()) + 3);
        AssertLayer(Layer.Bitcoin, Find(bitcoin.Header) + 40);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_flipped_bit_in_the_claimed_height_is_found_by_the_checksum()
    {
        byte[] other = EvidenceWriter.Encode(
            WithBitcoin(File, bitcoin => bitcoin with { Height = bitcoin.Height ^ 1 }));
        int at = devnet.RecordEvidence.AsSpan().CommonPrefixLength(other);
        Verification verdict = AssertLayer(Layer.Encoding, at, mask: 1);
        Assert.Contains("checksum", verdict.Reason);
    }

    /// <summary>What the checksum is not: with a new one the file stands, so the height is called a claim.</summary>
    [FactThatNeeds("bitcoind", "rocksdb")]
    public void The_claimed_height_is_nothing_but_a_claim()
    {
        byte[] other = EvidenceWriter.Encode(WithBitcoin(File, bitcoin => bitcoin with { Height = 800_000 }));
        Verification verdict = EvidenceVerifier.Verify(other, TrustFile.Empty);
        Assert.Equal((Verdict.Verified, 800_000U), (verdict.Verdict, verdict.Anchored!.Height));
    }

    internal static EvidenceFile Parse(byte[] bytes)
    {
        Assert.True(EvidenceParser.TryParse(bytes, out EvidenceFile file, out EvidenceFault fault), fault?.ToString());
        return file;
    }

    internal static EvidenceFile WithBitcoin(EvidenceFile file, Func<BitcoinEvidence, BitcoinEvidence> change)
    {
        ImmutableArray<Checkpoint> changed =
        [
            .. file.Chain!.Checkpoints.Select(checkpoint =>
                checkpoint.Bitcoin is { } bitcoin ? checkpoint with { Bitcoin = change(bitcoin) } : checkpoint),
        ];
        return file with { Chain = file.Chain with { Checkpoints = changed } };
    }

    private Verification AssertLayer(Layer expected, int at, byte? mask = null)
    {
        Verification verdict = Flipped(at, mask);
        Assert.True(verdict.Verdict == Verdict.Invalid && verdict.Layer == expected,
            $"byte {at}: {VerdictJson.FirstLine(verdict)}");
        return verdict;
    }

    /// <summary>The checksum is the last member: SHA-256 over all bytes before its key.</summary>
    private static byte[] WithNewChecksum(byte[] file)
    {
        int member = 1 + "checksum".Length + 2 + Digest.Size;
        return [.. file[..^Digest.Size], .. Digest.Of(file.AsSpan(0, file.Length - member)).Span];
    }

    private Verification Flipped(int at, byte? mask = null)
    {
        byte[] copy = [.. devnet.RecordEvidence];
        copy[at] ^= mask ?? (byte)(1 << (at % 8));
        return EvidenceVerifier.Verify(copy, TrustFile.Empty);
    }

    private int Find(ReadOnlyMemory<byte> part)
    {
        int at = devnet.RecordEvidence.AsSpan().IndexOf(part.Span);
        Assert.True(at > 0, "the part stands in the file");
        return at;
    }
}
