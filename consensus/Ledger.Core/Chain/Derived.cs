namespace Ledger.Core.Chain;

/// <summary>
/// A value that follows from a record, worked out when first asked for. It is no part of the record's equality, and a
/// copy made by <c>with</c>, which may differ, works out its own. Thread-safe: two threads may both work it out, and
/// both get it whole.
/// </summary>
internal struct Derived<TOwner, TValue> : IEquatable<Derived<TOwner, TValue>>
    where TOwner : class
{
    private Result? _result;

    /// <param name="owner">The record that holds this.</param>
    /// <param name="work">A function of the owner alone.</param>
    public TValue Of(TOwner owner, Func<TOwner, TValue> work)
    {
        Result? known = _result;
        if (known is null || !ReferenceEquals(known.Owner, owner))
        {
            _result = known = new Result(owner, work(owner));
        }

        return known.Value;
    }

    /// <summary>Takes note of a value that came with the owner.</summary>
    public void Know(TOwner owner, TValue value) => _result = new Result(owner, value);

    public readonly bool Equals(Derived<TOwner, TValue> other) => true;

    public override readonly bool Equals(object? obj) => obj is Derived<TOwner, TValue>;

    public override readonly int GetHashCode() => 0;

    private sealed record Result(TOwner Owner, TValue Value);
}
