using System.Numerics;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Tests.Spv;

public class SpvProofTests
{
    private static readonly BitcoinNetwork Network = MakeNetwork(limit: 0x207fffff, floor: TestProof.Bits);

    private delegate bool Check(SpvProof proof, out SpvError error);

    [Fact]
    public void A_sound_proof_verifies_and_tells_what_it_is_worth()
    {
        SpvProof proof = TestProof.Make();
        Assert.True(proof.TryVerify(
            Network, TestProof.Block, null, out VerifiedCommitment? commitment, out SpvError error));

        Assert.Equal(SpvFault.None, error.Fault);
        Assert.Equal(BitcoinTransactionId.Of(proof.Transaction.Span), commitment.Transaction);
        Assert.Equal(1_700_000_000_000UL, commitment.Time.Milliseconds);
        Assert.Equal(CheckpointRelation.None, commitment.Checkpoint);
        Assert.Equal(65_537, (int)commitment.Work.Hashes);
        Assert.Contains("65537 hashes on average, less than one watt-hour", commitment.ForgingCost);
    }

    [Fact]
    public void A_proof_with_any_byte_changed_is_refused()
    {
        SpvProof proof = TestProof.Make();
        Assert.True(Verify(proof, out _));
        Assert.Empty(SurvivorsOfAFlippedByte(proof, Verify));
    }

    [Fact]
    public void Without_the_check_of_work_a_changed_header_would_pass()
    {
        // The same flips against a verifier that stops at the Merkle root: the nonce and the time are free.
        static bool VerifyWithoutWork(SpvProof proof, out SpvError error) =>
            BitcoinTransaction.TryParse(proof.Transaction.Span, out BitcoinTransaction? transaction, out error)
            && LedgerCommitment.TryFind(transaction, TestProof.Block, out _, out error)
            && MerkleBranch.TryFold(transaction.Id, proof.Index, proof.Branch.AsSpan(), out Digest root, out error)
            && BitcoinHeader.TryParse(proof.Header.Span, out BitcoinHeader? header, out error)
            && header.MerkleRoot == root;

        Assert.NotEmpty(SurvivorsOfAFlippedByte(TestProof.Make(), VerifyWithoutWork));
    }

    [Fact]
    public void Each_step_that_fails_is_named()
    {
        SpvProof proof = TestProof.Make();
        Assert.True(Verify(proof, out _));

        Assert.Equal(SpvStep.Transaction, Refuse(proof with { Transaction = proof.Transaction[1..] }));
        Assert.Equal(SpvStep.Branch, Refuse(proof with { Index = new TransactionIndex(3) }));
        Assert.Equal(SpvStep.Branch, Refuse(proof with { Branch = proof.Branch[..2] }));
        Assert.Equal(SpvStep.Header, Refuse(proof with { Header = proof.Header[1..] }));
        byte[] header = proof.Header.ToArray();
        header[68]++;
        Assert.Equal(SpvStep.Work, Refuse(proof with { Header = header }));
        Assert.Equal(SpvStep.Floor, Refuse(TestProof.Make(bits: 0x207fffff)));

        var other = new BlockId(Digest.Of("other"u8));
        Assert.False(proof.TryVerify(Network, other, null, out _, out SpvError error));
        Assert.Equal(SpvStep.Commitment, error.Step);
        Assert.Contains("another Ledger block", error.ToString());
    }

    [Fact]
    public void A_block_of_one_transaction_needs_no_branch()
    {
        Assert.True(Verify(TestProof.Make(count: 1, index: 0), out _));
    }

    [Fact]
    public void A_header_below_the_floor_counts_only_at_or_before_a_checkpoint()
    {
        SpvProof proof = TestProof.Make(bits: 0x207fffff);
        Assert.False(Verify(proof, out SpvError error));
        Assert.Equal(SpvFault.TargetAboveFloor, error.Fault);

        BitcoinBlockHash hash = BitcoinBlockHash.Of(proof.Header.Span);
        byte[] next = TestProof.Mine(new byte[32], 0x207fffff, hash.Value);
        byte[] run = [.. proof.Header.Span, .. next];
        Assert.True(HeaderChain.TryParse(run, Network, out HeaderChain? chain, out _));

        Assert.Equal(CheckpointRelation.Ancestor, Relate(new CheckpointLink(chain, BitcoinBlockHash.Of(next))));
        Assert.Equal(CheckpointRelation.Ancestor, Relate(new CheckpointLink(chain, hash)));

        // A cheap run that begins at a checkpoint is no reason to believe its end.
        byte[] before = TestProof.Mine(new byte[32], 0x207fffff, Digest.Of("before"u8));
        SpvProof late = Relink(proof, BitcoinBlockHash.Of(before));
        Assert.True(HeaderChain.TryParse([.. before, .. late.Header.Span], Network, out HeaderChain? forward, out _));
        var link = new CheckpointLink(forward, BitcoinBlockHash.Of(before));
        Assert.False(late.TryVerify(Network, TestProof.Block, link, out _, out error));
        Assert.Equal(SpvFault.TargetAboveFloor, error.Fault);

        CheckpointRelation Relate(CheckpointLink checkpoint)
        {
            Assert.True(proof.TryVerify(Network, TestProof.Block, checkpoint, out VerifiedCommitment? found, out _));
            return found.Checkpoint;
        }
    }

    [Fact]
    public void A_run_of_headers_must_hold_both_the_header_and_the_checkpoint()
    {
        SpvProof proof = TestProof.Make();
        Assert.True(HeaderChain.TryParse(proof.Header.Span, Network, out HeaderChain? chain, out _));
        var absent = new BitcoinBlockHash(Digest.Of("absent"u8));
        Assert.True(Verify(proof, new CheckpointLink(chain, chain.First), out _));

        Assert.False(Verify(proof, new CheckpointLink(chain, absent), out SpvError error));
        Assert.Equal(SpvFault.CheckpointNotLinked, error.Fault);
        Assert.Equal(SpvStep.Links, error.Step);

        Assert.True(HeaderChain.TryParse(
            MainnetBlocks.FirstThreeHeaders, BitcoinNetwork.Main, out HeaderChain? strange, out _));
        Assert.False(Verify(proof, new CheckpointLink(strange, strange.Last), out error));
        Assert.Equal(SpvFault.HeaderNotLinked, error.Fault);
    }

    private static BitcoinNetwork MakeNetwork(uint limit, uint floor)
    {
        (BigInteger easiest, BigInteger accepted) = TestProof.Bounds(limit, floor);
        return new BitcoinNetwork("test", easiest, accepted, provesTime: false);
    }

    private static bool Verify(SpvProof proof, out SpvError error) => Verify(proof, null, out error);

    private static bool Verify(SpvProof proof, CheckpointLink? link, out SpvError error) =>
        proof.TryVerify(Network, TestProof.Block, link, out _, out error);

    private static SpvStep Refuse(SpvProof proof)
    {
        Assert.False(Verify(proof, out SpvError error));
        return error.Step;
    }

    private static SpvProof Relink(SpvProof proof, BitcoinBlockHash previous)
    {
        Assert.True(BitcoinHeader.TryParse(proof.Header.Span, out BitcoinHeader? header, out _));
        return proof with
        {
            Header = TestProof.Mine(header.MerkleRoot.ToArray(), header.Target.Bits, previous.Value),
        };
    }

    private static List<string> SurvivorsOfAFlippedByte(SpvProof proof, Check verify)
    {
        var survivors = new List<string>();
        foreach (byte mask in (byte[])[0x01, 0x80, 0xff])
        {
            Each("transaction", proof.Transaction.Length, at => proof with
            {
                Transaction = Flip(proof.Transaction, at),
            });
            Each("header", proof.Header.Length, at => proof with { Header = Flip(proof.Header, at) });
            Each("branch", proof.Branch.Length * 32, at => proof with
            {
                Branch = proof.Branch.SetItem(at / 32, new Digest(Flip(proof.Branch[at / 32].ToArray(), at % 32))),
            });
            Each("index", 4, at => proof with
            {
                Index = new TransactionIndex(proof.Index.Value ^ (uint)mask << (8 * at)),
            });

            byte[] Flip(ReadOnlyMemory<byte> bytes, int at)
            {
                byte[] changed = bytes.ToArray();
                changed[at] ^= mask;
                return changed;
            }
        }

        return survivors;

        void Each(string part, int length, Func<int, SpvProof> change)
        {
            for (int at = 0; at < length; at++)
            {
                if (verify(change(at), out _))
                {
                    survivors.Add($"{part} byte {at}");
                }
            }
        }
    }
}
