using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Records.Streams;

namespace Ledger.Proofs.Checks;

/// <summary>Puts what was found into words: layers, states, pins and notes.</summary>
internal sealed class EvidenceReport(
    EvidenceFile file, CheckedChain? chain, ImmutableArray<Record> records, TrustFile trust, Findings findings)
{
    /// <summary>Block time of the newest checkpoint.</summary>
    public static UnixTime? NewestTime(CheckedChain? chain)
    {
        UnixTime? newest = null;
        foreach (CheckedCheckpoint? checkpoint in chain?.Checkpoints ?? [])
        {
            if (checkpoint is not null && (newest is null || checkpoint.Header.Time > newest))
            {
                newest = checkpoint.Header.Time;
            }
        }

        return newest;
    }

    public Verification Of(Verdict verdict, Finding? finding)
    {
        bool sound = verdict != Verdict.Invalid;
        CheckedCheckpoint? last = records.Length > 0 ? CheckpointOf(records.Length - 1) : null;
        CheckedCheckpoint? anchored = sound && AllAnchored() ? last : null;
        return new Verification
        {
            Verdict = verdict,
            Layer = finding?.Layer,
            Reason = finding?.Reason,
            Index = finding?.Index,
            Stream = file.Stream,
            Records = file.Records.Length,
            Scope = file.Scope,
            AsOf = NewestTime(chain),
            Trust = Trust(last),
            Settled = sound && last is not null ? Settled(last) : null,
            Anchored = anchored?.Bitcoin is { } bitcoin ? Anchored(bitcoin, anchored.BitcoinHeight) : null,
            Layers = Layers(finding),
            Notes = sound ? Notes(last) : [],
        };
    }

    private CheckedCheckpoint? CheckpointOf(int record) => chain?.Checkpoints[file.Chain!.Log[record].Checkpoint];

    private bool AllAnchored()
    {
        for (int i = 0; i < records.Length; i++)
        {
            if (CheckpointOf(i)?.Bitcoin is null)
            {
                return false;
            }
        }

        return records.Length > 0;
    }

    private TrustReport Trust(CheckedCheckpoint? last)
    {
        VerifiedCommitment? bitcoin = last?.Bitcoin;
        return new TrustReport(
            trust.Streams.Contains(file.Stream) ? Pinning.Pinned : Pinning.NotPinned,
            chain is null ? Pinning.NotShown : trust.Chain == chain.Genesis.Chain ? Pinning.Pinned : Pinning.NotPinned,
            bitcoin is null ? Pinning.NotShown : trust.Bitcoin?.Network == bitcoin.Network.Name ? Pinning.Pinned : Pinning.NotPinned,
            bitcoin?.Network.Name,
            bitcoin?.Work.Hashes,
            bitcoin is null ? null : Work.OfTarget(bitcoin.Network.Floor).Hashes);
    }

    /// <summary>Of the last record: its own block where the links reach back far enough, else the checkpoint that covers it.</summary>
    private SettledReport Settled(CheckedCheckpoint checkpoint)
    {
        LogIndex index = file.Chain!.Log[^1].Index;
        ImmutableArray<Header> headers = checkpoint.Links.Add(checkpoint.Header);
        int own = headers.Length - 1;
        while (own > 0 && headers[own - 1].Size.Value > index.Value)
        {
            own--;
        }

        Header block = headers[own];
        bool isOwn = own > 0 || block.Height == new Height(1);
        long lead = (long)block.Time.Milliseconds - (long)records[^1].Time.Milliseconds;
        return new SettledReport(block.Chain, block.Height, isOwn, block.Id, block.Time, lead);
    }

    private static AnchoredReport Anchored(VerifiedCommitment bitcoin, uint height) => new(
        bitcoin.Network.Name, bitcoin.Network.ProvesTime, bitcoin.Transaction.ToString(), bitcoin.Header.Hash.ToString(), height,
        bitcoin.Time, bitcoin.ForgingCost);

    private ImmutableArray<LayerReport> Layers(Finding? finding)
    {
        ImmutableArray<LayerReport>.Builder layers = ImmutableArray.CreateBuilder<LayerReport>();
        bool hasBitcoin = file.Chain?.Checkpoints.Any(checkpoint => checkpoint.Bitcoin is not null) ?? false;
        Add(layers, finding, Layer.Encoding, true, $"{file.Records.Length} records and everything beside them are of sound form");
        Add(layers, finding, Layer.Signature, true, "each record is signed by the key it names (ML-DSA-65)");
        Add(layers, finding, Layer.Link, true, "the records follow each other, each under the key in force");
        Add(layers, finding, Layer.Log, chain is not null, "each record is in the log, and the streams map holds the stream's state");
        Add(layers, finding, Layer.Quorum, chain is not null, QuorumText());
        Add(layers, finding, Layer.Bitcoin, hasBitcoin, BitcoinText());
        return layers.ToImmutable();
    }

    private string QuorumText() => chain is not { Changes: > 0 and var changes }
        ? "more than two thirds of the validators' power signed the blocks"
        : "more than two thirds of the validators' power signed the blocks, and each of the "
            + $"{changes} changes of the validators since the chain began";

    private string BitcoinText() =>
        records.Length > 0 && CheckpointOf(records.Length - 1)?.Bitcoin is { } bitcoin
            ? $"Bitcoin ({bitcoin.Network.Name}) holds the block's id. {bitcoin.ForgingCost}"
            : "Bitcoin holds a block's id";

    /// <summary>Layers are asked in order; once one fails, what comes after is not claimed.</summary>
    private void Add(
        ImmutableArray<LayerReport>.Builder layers, Finding? finding, Layer layer, bool shown, string passed)
    {
        bool isFinding = finding is { } found && Row(found.Layer) == layer && found.Layer is not (Layer.Freshness or Layer.Revocation);
        LayerOutcome outcome = isFinding ? LayerOutcome.Failed
            : findings.Any && findings.Has(layer) ? LayerOutcome.Failed
            : !shown || (findings.Any && layer > finding!.Value.Layer) ? LayerOutcome.NotChecked
            : LayerOutcome.Passed;
        string text = outcome switch
        {
            LayerOutcome.Failed => isFinding ? $"record {finding!.Value.Index}: {finding.Value.Reason}" : "fails as well",
            LayerOutcome.NotChecked => shown ? "not asked any more" : "the file does not show it",
            _ => passed,
        };
        layers.Add(new LayerReport(layer.Word(), outcome, text));
    }

    /// <summary>Which row of the table speaks for a layer.</summary>
    private static Layer Row(Layer layer) => layer is Layer.Gap or Layer.Proof ? Layer.Link : layer;

    private ImmutableArray<string> Notes(CheckedCheckpoint? last)
    {
        ImmutableArray<string>.Builder notes = ImmutableArray.CreateBuilder<string>();
        StreamState? head = chain?.Head;
        if (head is not null && file.Scope != EvidenceScope.Stream && records[^1].Seq < head.Seq)
        {
            notes.Add($"The stream goes on: its head at the checkpoint is record {head.Seq}.");
        }

        if (records[0].Kind == RecordKind.Genesis && chain is not null && Genesis.From(records[0]).Chain is { } home
            && home != chain.Genesis.Chain && home != chain.Genesis.Predecessor?.Chain)
        {
            notes.Add("The stream names another chain as its home: its head here may not be its head there.");
        }

        if (last?.Bitcoin is { Network.ProvesTime: false } test)
        {
            notes.Add($"{test.Network.Name} is a test network: anybody can make its blocks, so it proves no time.");
        }
        else if (last?.Bitcoin is not null && trust.Headers is { } held)
        {
            notes.Add($"The Bitcoin header is one of the {held.Count} that were given as the best chain's.");
        }
        else if (last?.Bitcoin is not null)
        {
            notes.Add("No chain of Bitcoin headers to a checkpoint is in the file: the cost of the one header is what protects it.");
        }

        if (chain is not null && last?.Bitcoin is null)
        {
            notes.Add("Not anchored yet: the quorum's word, not Bitcoin's.");
        }

        int causes = records.Sum(record => record.CauseCount);
        if (causes > 0)
        {
            notes.Add($"{CountShown()} of {causes} causes are shown in this file.");
        }

        return notes.ToImmutable();
    }

    private int CountShown()
    {
        SortedSet<RecordId> held = [.. records.Select(record => record.Id)];
        int shown = 0;
        foreach (Record record in records)
        {
            for (int i = 0; i < record.CauseCount; i++)
            {
                shown += held.Contains(record.Cause(i)) ? 1 : 0;
            }
        }

        return shown;
    }
}
