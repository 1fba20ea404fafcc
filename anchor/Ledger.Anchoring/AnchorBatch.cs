using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Anchoring;

/// <summary>Where a batch stands on its way into Bitcoin, with the words that every surface shows.</summary>
public enum AnchorPhase
{
    /// <summary>Due; no transaction is on its way.</summary>
    Waiting,

    /// <summary>The transaction is signed, durable here, and handed to the network.</summary>
    Broadcast,

    /// <summary>In a Bitcoin block with fewer than <see cref="AnchorPolicy.FinalConfirmations"/> confirmations.</summary>
    Mined,

    /// <summary>As deep as we count.</summary>
    Final,

    /// <summary>A reorganisation took its block away; it waits for another one.</summary>
    Reorged,
}

/// <param name="Id">Double SHA-256 of the stripped bytes, in the order in which Bitcoin serialises it.</param>
/// <param name="Raw">With witness, as it is broadcast.</param>
/// <param name="Stripped">Without, as it goes into proofs.</param>
public sealed record AnchorTransactionBytes(Digest Id, ReadOnlyMemory<byte> Raw, ReadOnlyMemory<byte> Stripped);

/// <param name="BlockHash">Of the Bitcoin block, in serialised order.</param>
/// <param name="Time">That header's time.</param>
/// <param name="Index">Position of the transaction in its block.</param>
public sealed record AnchorProofBytes(
    Digest BlockHash, uint Height, UnixTime Time, uint Index, ImmutableArray<Digest> Branch, ReadOnlyMemory<byte> Header);

/// <summary>One anchor: the id of one block, on its way into Bitcoin or there. Immutable; durable at every change.</summary>
public sealed record AnchorBatch
{
    /// <summary>Height of the anchored block.</summary>
    public required Height Batch { get; init; }

    public required BlockId Block { get; init; }

    /// <summary>Log entries under the anchor: those before the anchored block, whose header names the commit over them.</summary>
    public required TreeSize Covered { get; init; }

    public required AnchorPhase Phase { get; init; }

    /// <summary>When it came into this phase.</summary>
    public required UnixTime Since { get; init; }

    /// <summary>Null until one is signed. Kept from then on, so that a crash never pays twice.</summary>
    public AnchorTransactionBytes? Transaction { get; init; }

    public uint Confirmations { get; init; }

    /// <summary>Null until mined, and again after a reorganisation.</summary>
    public AnchorProofBytes? Proof { get; init; }

    /// <summary>Whether the <c>anchor</c> record is sealed.</summary>
    public bool RecordSealed { get; init; }

    public AnchorBatch In(AnchorPhase phase, UnixTime now) => phase == Phase ? this : this with { Phase = phase, Since = now };
}

/// <summary>When an anchor is due, and when it is final.</summary>
/// <param name="Blocks">Due after so many blocks since the first that waits…</param>
/// <param name="Minutes">…or so many minutes of block time.</param>
public sealed record AnchorPolicy(ulong Blocks, ulong Minutes)
{
    public const uint FinalConfirmations = 6;

    /// <summary>Beyond so many confirmations a batch is no longer asked about.</summary>
    public const uint WatchedConfirmations = 144;
}
