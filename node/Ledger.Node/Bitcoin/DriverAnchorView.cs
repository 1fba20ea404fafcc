using Ledger.Anchoring;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Proofs.Spv;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Evidence;

namespace Ledger.Node.Bitcoin;

/// <summary>The anchoring in the shapes of the interface.</summary>
internal sealed class DriverAnchorView(AnchorDriver driver) : IAnchorView
{
    public BitcoinModel Bitcoin => new(driver.Problem is null && driver.BitcoinHeight is not null, driver.BitcoinHeight, driver.Problem);

    public AnchorModel? Anchor(Height batch)
    {
        foreach (AnchorBatch held in driver.Batches)
        {
            if (held.Batch == batch)
            {
                return Describe(held);
            }
        }

        return null;
    }

    public AnchorModel? Over(Height block)
    {
        AnchorBatch? own = null;
        foreach (AnchorBatch held in driver.Batches)
        {
            if (held.Batch >= block && held.Proof is not null)
            {
                return Describe(held);
            }

            own = held.Batch == block ? held : own;
        }

        return own is null ? null : Describe(own);
    }

    public IReadOnlyList<AnchorModel> Anchors(Height? before, int limit) =>
        [.. driver.Batches.Reverse().Where(held => before is not { } height || held.Batch < height).Take(limit).Select(Describe)];

    public AnchorProof? Covering(LogIndex index) => driver.Covering(index);

    private AnchorModel Describe(AnchorBatch batch) => new(
        batch.Batch.Value, batch.Block.ToString(), Word(batch.Phase), batch.Since.Milliseconds,
        batch.Transaction is { } transaction ? new BitcoinTransactionId(transaction.Id).ToString() : null,
        batch.Proof?.Height, batch.Proof?.Time.Milliseconds, batch.Confirmations, batch.Covered.Value,
        ProblemOf(batch));

    private string? ProblemOf(AnchorBatch batch) =>
        batch.Proof is not null ? null
        : batch.Phase == AnchorPhase.Reorged ? "A reorganisation took its Bitcoin block away; it waits for another one."
        : driver.Problem;

    private static string Word(AnchorPhase phase) => phase switch
    {
        AnchorPhase.Waiting => "waiting",
        AnchorPhase.Broadcast => "broadcast",
        AnchorPhase.Mined => "mined",
        AnchorPhase.Final => "final",
        // With the network again, and not in a block: its problem says why.
        AnchorPhase.Reorged => "broadcast",
        _ => throw new InvalidOperationException($"Unnamed phase {phase}."),
    };
}
