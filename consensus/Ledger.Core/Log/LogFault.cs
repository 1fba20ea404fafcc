namespace Ledger.Core.Log;

/// <summary>Why a root or proof could not be made from the tiles at hand.</summary>
public enum LogFaultKind
{
    None,

    /// <summary>
    /// A size that is 0 where a tree with entries is needed, over 2^53 - 1, or smaller than the older size.
    /// </summary>
    SizeOutOfRange,

    /// <summary>An entry that the tree of this size does not hold.</summary>
    IndexOutOfRange,

    /// <summary>The store does not have a tile that a tree of this size has.</summary>
    MissingTile,

    /// <summary>The store answered with fewer hashes than it was asked for.</summary>
    DamagedTile,
}

/// <param name="Tile">The tile concerned; of no meaning for the faults of range.</param>
public readonly record struct LogFault(LogFaultKind Kind, TileId Tile)
{
    public static LogFault None => default;

    public override string ToString() => Kind switch
    {
        LogFaultKind.None => "no fault",
        LogFaultKind.SizeOutOfRange => "the log has no tree of this size",
        LogFaultKind.IndexOutOfRange => "the tree of this size does not hold this entry",
        LogFaultKind.MissingTile => $"{Tile} is missing",
        LogFaultKind.DamagedTile => $"{Tile} is too short",
        _ => throw new InvalidOperationException($"Unnamed fault {Kind}."),
    };
}
