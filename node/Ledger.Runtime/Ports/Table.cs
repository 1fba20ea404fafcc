namespace Ledger.Runtime.Ports;

/// <summary>What the node keeps, one table (RocksDB: column family) each. Integers in keys are big-endian, so that they sort.</summary>
public enum Table
{
    /// <summary>Text key → value: format version, chain id, head height.</summary>
    Meta,

    /// <summary>Record id (64) → record bytes. Large values, written once: kept in blob files.</summary>
    Records,

    /// <summary>
    /// Arrival number (8) → record id (64), not settled yet, and a byte 1 where the record was heard of peers only and
    /// nobody was promised anything.
    /// </summary>
    Pending,

    /// <summary>Record id (64) → height (8) ‖ log index (8) of a settled record.</summary>
    Settled,

    /// <summary>Log index (8) → record id (64).</summary>
    Entries,

    /// <summary>Entry hash (32) → log index (8).</summary>
    Leaves,

    /// <summary>Tile level (1) ‖ tile index (8) → hashes of the tile, 32 bytes each.</summary>
    Tiles,

    /// <summary>Node hash (32) → node of the streams map.</summary>
    MapNodes,

    /// <summary>Stream id (32) → encoded stream state.</summary>
    Streams,

    /// <summary>Value in the streams map (32) → the encoded stream state with that hash: every state that some block committed to.</summary>
    StreamStates,

    /// <summary>Stream id (32) ‖ seq (8) → record id (64).</summary>
    StreamRecords,

    /// <summary>Key id (32) → raw public key (1,952).</summary>
    PublicKeys,

    /// <summary>Height (8) → header ‖ body ‖ commit, as one CBOR array.</summary>
    Blocks,

    /// <summary>Block id (32) → height (8).</summary>
    BlockHeights,

    /// <summary>Digest of a configuration (32) → its bytes.</summary>
    Configurations,

    /// <summary>Sponsor or stream → use of its quota in the current window.</summary>
    Usage,

    /// <summary>Height of the anchored block (8) → state of its anchor.</summary>
    Anchors,

    /// <summary>Journal of the replica: what binds this validator.</summary>
    Journal,

    /// <summary>Key id ‖ height ‖ round ‖ kind of a contradiction → height (8) of the block that holds its proof.</summary>
    Misbehaviour,

    /// <summary>
    /// Digest of what was approved (32) ‖ governance key id (32) → id of the record (64) that brought the approval.
    /// Only approvals of the change that comes next; all are gone once one is executed.
    /// </summary>
    Approvals,

    /// <summary>Stream id (32) → number (8) ‖ end in milliseconds (8) of the last freeze that this node heeded.</summary>
    Freezes,

    /// <summary>Integrator's digest (32) → arrival number (8): a digest that was submitted here.</summary>
    Digests,

    /// <summary>Arrival number (8) → integrator's digest (32).</summary>
    Arrivals,

    /// <summary>Arrival number (8) of the first digest → batch of digests under one root, as CBOR.</summary>
    RootBatches,

    /// <summary>
    /// Arrival number (8) of a batch's first digest ‖ tile level (1) ‖ tile index (8) → hashes of the tile in the tree
    /// over the batch.
    /// </summary>
    RootTiles,
}
