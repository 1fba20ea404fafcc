using Ledger.Core;

namespace Ledger.Anchoring.Roots;

/// <summary>The place of a digest in the order in which a node took digests in, from 0.</summary>
public readonly record struct ArrivalNumber(ulong Value) : IComparable<ArrivalNumber>
{
    public static ArrivalNumber Zero => default;

    public int CompareTo(ArrivalNumber other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(ArrivalNumber left, ArrivalNumber right) => left.Value < right.Value;

    public static bool operator >(ArrivalNumber left, ArrivalNumber right) => left.Value > right.Value;

    public static bool operator <=(ArrivalNumber left, ArrivalNumber right) => left.Value <= right.Value;

    public static bool operator >=(ArrivalNumber left, ArrivalNumber right) => left.Value >= right.Value;

    /// <summary>The number that many places on.</summary>
    public ArrivalNumber Plus(int count) => new(checked(Value + (ulong)count));
}

/// <summary>Digests in a row under one root, durable with the tree before the record is sealed.</summary>
public sealed record RootBatch
{
    /// <summary>Of the first digest.</summary>
    public required ArrivalNumber First { get; init; }

    /// <summary>How many follow each other from there, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>Of the RFC 9162 tree over the digests.</summary>
    public required Digest Root { get; init; }

    /// <summary>
    /// The first place of the node's own stream at which the <c>root</c> record may stand: where it is looked for after
    /// a crash.
    /// </summary>
    public required Sequence From { get; init; }

    /// <summary>The <c>root</c> record; null until it is known to be sealed.</summary>
    public RecordId? Record { get; init; }

    /// <summary>One past the last digest.</summary>
    public ArrivalNumber End => First.Plus(Count);

    /// <summary>Whether the digest of this number is a leaf here.</summary>
    public bool Holds(ArrivalNumber digest) => digest >= First && digest < End;
}

/// <summary>When digests that wait get a root.</summary>
/// <param name="DelayMs">For others that come meanwhile, in milliseconds.</param>
/// <param name="LeavesMax">Leaves of one tree; the rest waits for the next.</param>
public sealed record RootPolicy(ulong DelayMs, int LeavesMax)
{
    /// <summary>
    /// A tree of 2^17 leaves holds the largest submission, and its paths leave room in OpenTimestamps proofs.
    /// </summary>
    public static RootPolicy Usual { get; } = new(DelayMs: 1_000, LeavesMax: 1 << 17);
}
