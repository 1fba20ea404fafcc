using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// What binds each piece of a snapshot to the header that it is trusted through, gathered in one place. Product code has
/// only these; tests derive from the class to break one at a time, and show what then gets in.
/// </summary>
internal class SnapshotRules
{
    public static SnapshotRules Sound { get; } = new();

    /// <summary>N9: blocks whose misbehaviour is fetched, counted from the next height down.</summary>
    public virtual ulong MisbehaviourBlocks => Limits.MisbehaviourBlocks;

    /// <summary>N4: what is wrong with an offer.</summary>
    public virtual string? Offer(string? fault) => fault;

    /// <summary>N6: whether the right edge of the log has the root that the header names.</summary>
    public virtual bool IsLog(Digest root, Digest named) => root == named;

    /// <summary>N6: whether a full tile has the root that stands one level up.</summary>
    public virtual bool IsTile(Digest root, Digest above) => root == above;

    /// <summary>N7: whether a node of the map is the one that was asked for.</summary>
    public virtual bool IsNode(Digest hash, Digest asked) => hash == asked;

    /// <summary>N7: whether a stream's state is the one that its leaf stands for.</summary>
    public virtual bool IsState(Digest hash, Digest value) => hash == value;

    /// <summary>N7: whether a public key is the one that a state names.</summary>
    public virtual bool IsKey(KeyId key, KeyId named) => key == named;

    /// <summary>N8: whether a block is the one that the block above names, with body and commit.</summary>
    public virtual bool IsPast(Header above, Header block, Digest body, Digest commit) =>
        block.Id == above.Previous && block.Height.Next == above.Height && body == block.Body
        && (commit == above.Commit || above.IsFirst);

    /// <summary>N8: whether a record is the one that a block names.</summary>
    public virtual bool IsRecord(RecordId id, RecordId named) => id == named;

    /// <summary>N9: whether a configuration is the one that a header names.</summary>
    public virtual bool IsConfiguration(Digest digest, Digest named) => digest == named;

    /// <summary>N10: whether a governance record stands in the log.</summary>
    public virtual bool IsInLog(Digest leaf, Digest held) => leaf == held;
}
