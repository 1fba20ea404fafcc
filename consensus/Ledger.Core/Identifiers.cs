namespace Ledger.Core;

/// <summary>SHA-256 of a raw 1,952-byte ML-DSA-65 public key.</summary>
public readonly record struct KeyId(Digest Value) : IComparable<KeyId>
{
    public static KeyId Of(ReadOnlySpan<byte> publicKey) => new(Digest.Of(publicKey));

    public int CompareTo(KeyId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

/// <summary>The key id of a stream's first key, for ever.</summary>
public readonly record struct StreamId(Digest Value) : IComparable<StreamId>
{
    public int CompareTo(StreamId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

/// <summary>SHA-256 of an encoded block header.</summary>
public readonly record struct BlockId(Digest Value) : IComparable<BlockId>
{
    public int CompareTo(BlockId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

/// <summary>SHA-256 of the genesis document.</summary>
public readonly record struct ChainId(Digest Value)
{
    public override string ToString() => Value.ToString();
}

/// <summary>SHA-256 of a record's tagged bytes: what the log holds.</summary>
public readonly record struct EntryHash(Digest Value)
{
    public static EntryHash Of(ReadOnlySpan<byte> record) => new(Digest.Of(record));

    public override string ToString() => Value.ToString();
}

/// <summary>Number of a block; the first is 1, and 0 means "before the first".</summary>
public readonly record struct Height(ulong Value) : IComparable<Height>
{
    public static Height Zero => default;

    public Height Next => new(checked(Value + 1));

    public Height Previous => new(checked(Value - 1));

    public int CompareTo(Height other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(Height left, Height right) => left.Value < right.Value;

    public static bool operator >(Height left, Height right) => left.Value > right.Value;

    public static bool operator <=(Height left, Height right) => left.Value <= right.Value;

    public static bool operator >=(Height left, Height right) => left.Value >= right.Value;
}

/// <summary>Attempt at agreeing on one height, from 0.</summary>
public readonly record struct Round(uint Value) : IComparable<Round>
{
    public static Round Zero => default;

    public Round Next => new(checked(Value + 1));

    public int CompareTo(Round other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(Round left, Round right) => left.Value < right.Value;

    public static bool operator >(Round left, Round right) => left.Value > right.Value;

    public static bool operator <=(Round left, Round right) => left.Value <= right.Value;

    public static bool operator >=(Round left, Round right) => left.Value >= right.Value;
}

/// <summary>Number of entries in the log.</summary>
public readonly record struct TreeSize(ulong Value) : IComparable<TreeSize>
{
    public static TreeSize Zero => default;

    public int CompareTo(TreeSize other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(TreeSize left, TreeSize right) => left.Value < right.Value;

    public static bool operator >(TreeSize left, TreeSize right) => left.Value > right.Value;

    public static bool operator <=(TreeSize left, TreeSize right) => left.Value <= right.Value;

    public static bool operator >=(TreeSize left, TreeSize right) => left.Value >= right.Value;
}

/// <summary>Position of an entry in the log, from 0.</summary>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(LogIndex left, LogIndex right) => left.Value < right.Value;

    public static bool operator >(LogIndex left, LogIndex right) => left.Value > right.Value;

    public static bool operator <=(LogIndex left, LogIndex right) => left.Value <= right.Value;

    public static bool operator >=(LogIndex left, LogIndex right) => left.Value >= right.Value;
}

/// <summary>Position of a record in its stream, from 0.</summary>
public readonly record struct Sequence(ulong Value) : IComparable<Sequence>
{
    public static Sequence Zero => default;

    public Sequence Next => new(checked(Value + 1));

    public int CompareTo(Sequence other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(Sequence left, Sequence right) => left.Value < right.Value;

    public static bool operator >(Sequence left, Sequence right) => left.Value > right.Value;

    public static bool operator <=(Sequence left, Sequence right) => left.Value <= right.Value;

    public static bool operator >=(Sequence left, Sequence right) => left.Value >= right.Value;
}

/// <summary>Milliseconds since 1970-01-01T00:00:00Z.</summary>
public readonly record struct UnixTime(ulong Milliseconds) : IComparable<UnixTime>
{
    public int CompareTo(UnixTime other) => Milliseconds.CompareTo(other.Milliseconds);

    public override string ToString() => Milliseconds.ToString();

    public static bool operator <(UnixTime left, UnixTime right) => left.Milliseconds < right.Milliseconds;

    public static bool operator >(UnixTime left, UnixTime right) => left.Milliseconds > right.Milliseconds;

    public static bool operator <=(UnixTime left, UnixTime right) => left.Milliseconds <= right.Milliseconds;

    public static bool operator >=(UnixTime left, UnixTime right) => left.Milliseconds >= right.Milliseconds;
}
