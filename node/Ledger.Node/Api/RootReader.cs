using Ledger.Anchoring;
using Ledger.Anchoring.Roots;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Records;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Roots;

namespace Ledger.Node.Api;

/// <summary>Reads integrators' digests into the shapes of the interface. Thread-safe.</summary>
/// <param name="publicUrl">Where this node is reached from outside; null where nobody said.</param>
/// <param name="anchorsItself">Whether this node has a Bitcoin daemon.</param>
internal sealed class RootReader(NodeReader reader, RootDriver roots, TimeProvider clock, string? publicUrl, bool anchorsItself)
{
    public RootDriver Roots => roots;

    public string? PublicUrl => publicUrl;

    private UnixTime Now => new((ulong)clock.GetUtcNow().ToUnixTimeMilliseconds());

    public static string Word(DigestPhase phase) => phase switch
    {
        DigestPhase.Waiting => "waiting",
        DigestPhase.Sealed => "sealed",
        DigestPhase.Settled => "settled",
        DigestPhase.Anchored => "anchored",
        _ => throw new InvalidOperationException($"Unnamed phase {phase}."),
    };

    /// <summary>One for each digest, in order. Neighbours share a batch more often than not, and its state is read once.</summary>
    public DigestReceiptsModel Receipts(IReadOnlyList<Digest> digests, IReadOnlyList<ArrivalNumber> numbers)
    {
        List<DigestReceiptModel> receipts = new(digests.Count);
        DigestState waiting = StateOf(null);
        DigestState state = waiting;
        RootBatch? batch = null;
        ArrivalNumber batched = roots.Store.Last?.End ?? ArrivalNumber.Zero;
        for (int i = 0; i < digests.Count; i++)
        {
            if (numbers[i] >= batched)
            {
                receipts.Add(Receipt(digests[i], waiting));
                continue;
            }

            if (batch is null || !batch.Holds(numbers[i]))
            {
                batch = roots.Store.BatchOf(numbers[i]);
                state = StateOf(batch);
            }

            receipts.Add(Receipt(digests[i], state));
        }

        return new DigestReceiptsModel(receipts);
    }

    /// <summary>Null for a digest that was not submitted here.</summary>
    public DigestModel? Describe(Digest digest)
    {
        if (roots.Store.Find(digest) is not { } number)
        {
            return null;
        }

        RootBatch? batch = roots.Store.BatchOf(number);
        DigestReceiptModel receipt = Receipt(digest, StateOf(batch));
        DigestRootModel? root = batch is null ? null : new DigestRootModel(
            batch.Root.ToString(), number.Value - batch.First.Value, batch.Count,
            [.. roots.Store.Inclusion(batch, number).Path.Select(sibling => sibling.ToString())]);
        RecordModel? record = batch?.Record is { } id ? reader.Record(id) : null;
        return new DigestModel(digest.ToString(), receipt.State, receipt.Confirmations, receipt.Expected, root, record);
    }

    public DigestState? StateOf(Digest digest) =>
        roots.Store.Find(digest) is { } number ? StateOf(roots.Store.BatchOf(number)) : null;

    /// <summary>The digest's OpenTimestamps proof; null until it is anchored.</summary>
    public OtsTimestamp? Timestamp(Digest digest)
    {
        if (roots.Store.Find(digest) is not { } number
            || roots.Store.BatchOf(number) is not { Record: { } id } batch
            || reader.Node.Store.Record(id) is not { } record
            || reader.Anchored(record) is not { } anchored)
        {
            return null;
        }

        return RootTimestamp.TryBuild(
            digest, roots.Store.Inclusion(batch, number), batch.Root, record.Bytes.Span, anchored.Inclusion, anchored.Header,
            anchored.Bitcoin, out OtsTimestamp? timestamp, out OtsFault fault)
            ? timestamp
            : throw new InvalidOperationException($"A proof whose parts were checked breaks: {fault}.");
    }

    private static DigestReceiptModel Receipt(Digest digest, DigestState state) =>
        new(digest.ToString(), Word(state.Phase), state.Confirmations, state.Expected?.Milliseconds);

    private DigestState StateOf(RootBatch? batch)
    {
        Parameters parameters = reader.Node.Head.Configuration.Parameters;
        AnchorPolicy? policy = anchorsItself ? new AnchorPolicy(parameters.AnchorBlocks, parameters.AnchorMinutes) : null;
        UnixTime? settled = null;
        uint? confirmations = null;
        if (batch?.Record is { } id && reader.Node.Store.Placement(id) is { } placement)
        {
            settled = reader.Node.Store.Header(placement.Height)!.Time;
            confirmations = reader.Anchors.Covering(placement.Index) is { } proof
                ? reader.Anchors.Anchor(proof.Batch)!.Confirmations
                : null;
        }

        return DigestState.Of(batch?.Record is not null, settled, confirmations, Now, policy);
    }
}
