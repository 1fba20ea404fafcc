using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Ledger.Core.Cbor;

/// <summary>An array of values, in order.</summary>
public sealed class CborArray : CborValue, IReadOnlyList<CborValue>
{
    private readonly ImmutableArray<CborValue> _items;

    private CborArray(ImmutableArray<CborValue> items) => _items = items;

    public override CborType Type => CborType.Array;

    public int Count => _items.Length;

    public CborValue this[int index] => _items[index];

    public static CborArray Of(params ReadOnlySpan<CborValue> items) => new([.. items]);

    public static CborArray From(IEnumerable<CborValue> items) => new([.. items]);

    public IEnumerator<CborValue> GetEnumerator() => ((IEnumerable<CborValue>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (CborValue item in _items)
        {
            item.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    internal static CborArray? Read(ref CborReader reader)
    {
        if (!reader.TryReadArray(out int count))
        {
            return null;
        }

        // Grown as items arrive: a count is only a claim.
        ImmutableArray<CborValue>.Builder items = ImmutableArray.CreateBuilder<CborValue>(Math.Min(count, 16));
        for (int i = 0; i < count; i++)
        {
            if (!TryRead(ref reader, out CborValue? item))
            {
                return null;
            }

            items.Add(item);
        }

        return reader.EndArray() ? new CborArray(items.ToImmutable()) : null;
    }

    internal override void Write(CborWriter writer, int depth)
    {
        CborMap.CheckDepth(depth);
        writer.Array(_items.Length);
        foreach (CborValue item in _items)
        {
            item.Write(writer, depth + 1);
        }
    }
}

/// <summary>One member of a map.</summary>
public readonly record struct CborMember(string Key, CborValue Value);

/// <summary>A map with text keys, kept in the order of their encodings: shorter UTF-8 first, then bytewise.</summary>
public sealed class CborMap : CborValue, IReadOnlyList<CborMember>
{
    private readonly ImmutableArray<CborMember> _members;

    private CborMap(ImmutableArray<CborMember> members) => _members = members;

    public static CborMap Empty { get; } = new([]);

    public override CborType Type => CborType.Map;

    public int Count => _members.Length;

    public CborMember this[int index] => _members[index];

    /// <exception cref="KeyNotFoundException">No such member.</exception>
    public CborValue this[string key] =>
        TryGet(key, out CborValue? value) ? value : throw new KeyNotFoundException($"The map has no member \"{key}\".");

    /// <summary>In any order. A member whose value is missing is left out: absent members are never null.</summary>
    /// <exception cref="ArgumentException">A key stands twice.</exception>
    public static CborMap Of(params ReadOnlySpan<(string Key, CborValue? Value)> members)
    {
        List<CborMember> present = new(members.Length);
        foreach ((string key, CborValue? value) in members)
        {
            if (value is not null)
            {
                present.Add(new CborMember(key, value));
            }
        }

        return From(present);
    }

    /// <inheritdoc cref="Of"/>
    public static CborMap From(IEnumerable<CborMember> members)
    {
        CborMember[] sorted = [.. members];
        Array.Sort(sorted, static (a, b) => Compare(a.Key, b.Key));
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Key == sorted[i - 1].Key)
            {
                throw new ArgumentException($"The key \"{sorted[i].Key}\" stands twice.", nameof(members));
            }
        }

        return new CborMap([.. sorted]);
    }

    public bool TryGet(string key, [NotNullWhen(true)] out CborValue? value)
    {
        int low = 0;
        int high = _members.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = Compare(_members[middle].Key, key);
            if (order == 0)
            {
                value = _members[middle].Value;
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        value = null;
        return false;
    }

    /// <summary>This map with one member added or replaced.</summary>
    public CborMap With(string key, CborValue value) =>
        From(_members.Where(member => member.Key != key).Append(new CborMember(key, value)));

    public IEnumerator<CborMember> GetEnumerator() => ((IEnumerable<CborMember>)_members).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (CborMember member in _members)
        {
            writer.WritePropertyName(member.Key);
            member.Value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    internal static CborMap? Read(ref CborReader reader)
    {
        if (!reader.TryReadMap(out CborMapScope scope))
        {
            return null;
        }

        ImmutableArray<CborMember>.Builder members = ImmutableArray.CreateBuilder<CborMember>(Math.Min(scope.Left, 16));
        while (reader.TryReadKey(ref scope, out ReadOnlySpan<byte> key))
        {
            if (!TryRead(ref reader, out CborValue? value))
            {
                return null;
            }

            members.Add(new CborMember(Encoding.UTF8.GetString(key), value));
        }

        return !reader.HasError && reader.EndMap(scope) ? new CborMap(members.ToImmutable()) : null;
    }

    internal override void Write(CborWriter writer, int depth)
    {
        CheckDepth(depth);
        writer.Map(_members.Length);
        foreach (CborMember member in _members)
        {
            writer.Text(member.Key);
            member.Value.Write(writer, depth + 1);
        }
    }

    internal static void CheckDepth(int depth)
    {
        if (depth > Limits.CborDepth)
        {
            throw new InvalidOperationException($"Arrays and maps nest at most {Limits.CborDepth} deep.");
        }
    }

    // UTF-16 order differs from UTF-8 order above the basic plane, so the bytes themselves are compared.
    private static int Compare(string left, string right)
    {
        int byLength = CborWriter.CountUtf8(left).CompareTo(CborWriter.CountUtf8(right));
        return byLength != 0
            ? byLength
            : Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
    }
}
