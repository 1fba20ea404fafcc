using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Streams;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Streams;

namespace Ledger.Proofs.Checks;

/// <summary>Checks what the chain says: genesis document, headers, commits, Bitcoin, and the stream's state.</summary>
internal sealed class ChainCheck(EvidenceFile file, ChainEvidence evidence, TrustFile trust, Findings findings)
{
    /// <summary>Null if not even the genesis document could be read.</summary>
    public CheckedChain? Run()
    {
        if (!GenesisDocument.TryParse(evidence.Genesis.Span, out GenesisDocument genesis, out CborError error))
        {
            findings.Add(0, Layer.Quorum, $"the genesis document cannot be read: {error}");
            return null;
        }

        if (trust.Chain is { } pinned && pinned != genesis.Chain)
        {
            findings.Add(0, Layer.Quorum, "the file is about another chain than the one the trust file names");
        }

        ConfigurationWalk walk = new(genesis, evidence.Walk, findings);
        ImmutableArray<CheckedCheckpoint?>.Builder checkpoints = ImmutableArray.CreateBuilder<CheckedCheckpoint?>();
        for (int i = 0; i < evidence.Checkpoints.Length; i++)
        {
            CheckedCheckpoint? found = Check(evidence.Checkpoints[i], genesis, walk, FirstRecordOn(i));
            Header? before = i > 0 ? checkpoints[i - 1]?.Header : null;
            if (found is not null && before is not null && found.Header.Height <= before.Height)
            {
                findings.Add(FirstRecordOn(i), Layer.Log, "the checkpoints do not ascend by height");
            }

            checkpoints.Add(found);
        }

        ImmutableArray<CheckedCheckpoint?> all = checkpoints.ToImmutable();
        return new CheckedChain(genesis, all, CheckHead(all), walk.Changes);
    }

    /// <summary>What hangs on a checkpoint is reported at the first record that rests on it.</summary>
    private int FirstRecordOn(int checkpoint)
    {
        for (int i = 0; i < evidence.Log.Length; i++)
        {
            if (evidence.Log[i].Checkpoint == checkpoint)
            {
                return i;
            }
        }

        return 0;
    }

    private CheckedCheckpoint? Check(Checkpoint checkpoint, GenesisDocument genesis, ConfigurationWalk walk, int index)
    {
        if (!Header.TryParse(checkpoint.Header.Span, out Header header, out CborError error))
        {
            findings.Add(index, Layer.Quorum, $"a block header cannot be read: {error}");
            return null;
        }

        if (!Commit.TryParse(checkpoint.Commit.Span, out Commit commit, out error))
        {
            findings.Add(index, Layer.Quorum, $"a commit cannot be read: {error}");
            return null;
        }

        if (header.Chain != genesis.Chain)
        {
            findings.Add(index, Layer.Quorum, "a block header belongs to another chain than the genesis document");
        }

        if (walk.FindFault(header, commit) is { } fault)
        {
            findings.Add(index, Layer.Quorum, fault);
        }

        CheckPin(header, index);
        ImmutableArray<Header> links = CheckLinks(checkpoint, header, index);
        VerifiedCommitment? bitcoin = CheckNext(checkpoint, header, commit, index) is { } next && checkpoint.Bitcoin is { } proof
            ? CheckBitcoin(proof, next, genesis, index)
            : null;
        return new CheckedCheckpoint(header, links, bitcoin, checkpoint.Bitcoin?.Height ?? 0);
    }

    private void CheckPin(Header header, int index)
    {
        if (trust.Checkpoint is { } pin && pin.Height == header.Height && pin.Block != header.Id)
        {
            findings.Add(index, Layer.Quorum, $"block {header.Height} is not the one that the trust file names");
        }
    }

    private ImmutableArray<Header> CheckLinks(Checkpoint checkpoint, Header header, int index)
    {
        ImmutableArray<Header>.Builder links = ImmutableArray.CreateBuilder<Header>();
        foreach (ReadOnlyMemory<byte> encoded in checkpoint.Links)
        {
            if (!Header.TryParse(encoded.Span, out Header link, out CborError error))
            {
                findings.Add(index, Layer.Log, $"a linked block header cannot be read: {error}");
                return [];
            }

            CheckPin(link, index);
            links.Add(link);
        }

        for (int i = 0; i < links.Count; i++)
        {
            Header after = i + 1 < links.Count ? links[i + 1] : header;
            if (after.Previous != links[i].Id || after.Height != links[i].Height.Next || after.Chain != links[i].Chain)
            {
                findings.Add(index, Layer.Log, "the linked block headers do not name each other");
                return [];
            }
        }

        return links.ToImmutable();
    }

    private Header? CheckNext(Checkpoint checkpoint, Header header, Commit commit, int index)
    {
        if (checkpoint.Next.IsEmpty)
        {
            return null;
        }

        if (!Header.TryParse(checkpoint.Next.Span, out Header next, out CborError error))
        {
            findings.Add(index, Layer.Log, $"the header of the next block cannot be read: {error}");
            return null;
        }

        if (next.Previous != header.Id || next.Height != header.Height.Next || next.Chain != header.Chain)
        {
            findings.Add(index, Layer.Log, "the next block's header does not name this block");
            return null;
        }

        if (next.Commit != commit.Digest)
        {
            findings.Add(index, Layer.Quorum, "the next block's header names another commit");
            return null;
        }

        return next;
    }

    private VerifiedCommitment? CheckBitcoin(BitcoinEvidence evidenceOfBitcoin, Header next, GenesisDocument genesis, int index)
    {
        if (!BitcoinNetwork.TryFind(evidenceOfBitcoin.Network, out BitcoinNetwork? network))
        {
            findings.Add(index, Layer.Bitcoin, "the Bitcoin proof names an unknown network");
            return null;
        }

        if (network.Name != genesis.Bitcoin)
        {
            findings.Add(index, Layer.Bitcoin, "the Bitcoin proof is of another network than the genesis document names");
        }

        if (trust.Bitcoin is { } pin && pin.Network != network.Name)
        {
            findings.Add(index, Layer.Bitcoin, "the Bitcoin proof is of another network than the trust file names");
        }

        SpvProof proof = new(
            evidenceOfBitcoin.Tx,
            new TransactionIndex(evidenceOfBitcoin.Index),
            evidenceOfBitcoin.Branch,
            evidenceOfBitcoin.Header,
            new BitcoinHeight(evidenceOfBitcoin.Height));
        if (!proof.TryVerify(network, next.Id, LinkToCheckpoint(), out VerifiedCommitment? commitment, out SpvError error))
        {
            findings.Add(index, Layer.Bitcoin, error.Reason);
            return null;
        }

        if (trust.Headers is { } held && held.IndexOf(commitment.Header.Hash) < 0)
        {
            findings.Add(index, Layer.Bitcoin, new SpvError(SpvFault.HeaderNotLinked, 0).Reason);
        }

        if (trust.Bitcoin is { } floor && commitment.Work.Hashes < floor.Work)
        {
            findings.Add(index, Layer.Bitcoin, "the Bitcoin header has less work behind it than the trust file asks for");
        }

        return commitment;
    }

    /// <summary>A pinned header waives the floor for those before it, and only a run of headers shows which these are.</summary>
    private CheckpointLink? LinkToCheckpoint() =>
        trust is { Headers: { } headers, Bitcoin.CheckpointHeader: { IsEmpty: false } pinned }
            ? new CheckpointLink(headers, BitcoinBlockHash.Of(pinned.Span))
            : null;

    private StreamState? CheckHead(ImmutableArray<CheckedCheckpoint?> checkpoints)
    {
        HeadEvidence head = evidence.Head;
        if (checkpoints[head.Checkpoint] is not { } checkpoint)
        {
            return null;
        }

        if (!StreamState.TryDecode(head.State.Span, out StreamState? state, out CborError error))
        {
            findings.Add(0, Layer.Log, $"the state of the stream cannot be read: {error}");
            return null;
        }

        if (!MapProof.TryDecode(head.Path.Span, out MapProof proof, out error))
        {
            findings.Add(0, Layer.Log, $"the streams-map proof cannot be read: {error}");
            return null;
        }

        if (state.Stream != file.Stream
            || proof.Verify(checkpoint.Header.Streams, file.Stream) != MapVerdict.Present(state.MapValue))
        {
            findings.Add(0, Layer.Log, "the streams map does not hold this state of the stream");
            return null;
        }

        return state;
    }
}
