using Ledger.Core;

namespace Ledger.Anchoring.Roots;

/// <summary>How far a submitted digest is.</summary>
public enum DigestPhase
{
    /// <summary>Durable at this node, under no sealed root yet.</summary>
    Waiting,

    /// <summary>A leaf under a root whose record is sealed.</summary>
    Sealed,

    /// <summary>That record is in a block.</summary>
    Settled,

    /// <summary>A Bitcoin block holds the anchor over it.</summary>
    Anchored,
}

/// <summary>A digest's phase, and when the next word of Bitcoin is to be expected.</summary>
/// <param name="Confirmations">Bitcoin blocks from the one that holds the anchor on; 0 until anchored.</param>
/// <param name="Expected">
/// Until anchored: when a Bitcoin block may hold the anchor, at the usual ten minutes a block. From then on: the sixth
/// confirmation. Null once that is there, and at a node that anchors nothing. An estimate.
/// </param>
public sealed record DigestState(DigestPhase Phase, uint Confirmations, UnixTime? Expected)
{
    private const ulong BitcoinBlockMs = 600_000;

    /// <param name="record">The root's record is sealed.</param>
    /// <param name="settled">Time of its block; null while it is in none.</param>
    /// <param name="confirmations">Of the anchor over it; null while no Bitcoin block holds one.</param>
    /// <param name="policy">By which anchors are made; null at a node that makes none.</param>
    public static DigestState Of(
        bool record, UnixTime? settled, uint? confirmations, UnixTime now, AnchorPolicy? policy)
    {
        if (confirmations is { } count)
        {
            uint missing = count < AnchorPolicy.FinalConfirmations ? AnchorPolicy.FinalConfirmations - count : 0;
            return new(DigestPhase.Anchored, count, missing > 0 ? After(now, missing * BitcoinBlockMs) : null);
        }

        DigestPhase phase = settled is not null ? DigestPhase.Settled
            : record ? DigestPhase.Sealed
            : DigestPhase.Waiting;
        if (policy is null)
        {
            return new(phase, 0, null);
        }

        // An anchor is due so many minutes after the block; the digest may have waited some of them already.
        UnixTime due = After(settled ?? now, policy.Minutes * 60_000);
        return new(phase, 0, After(due > now ? due : now, BitcoinBlockMs));
    }

    private static UnixTime After(UnixTime time, ulong ms) => new(time.Milliseconds + ms);
}
