using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>Position of a validator in the ordered set of one height, from 0.</summary>
public readonly record struct ValidatorIndex(int Value) : IComparable<ValidatorIndex>
{
    public int CompareTo(ValidatorIndex other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

/// <summary>Weight of a validator's votes; at least 1, and 2^53 - 1 for a whole set at most.</summary>
public readonly record struct VotingPower(ulong Value) : IComparable<VotingPower>
{
    public int CompareTo(VotingPower other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

/// <param name="Key">Key id of the vote key.</param>
/// <param name="Power">At least 1.</param>
public sealed record Validator(KeyId Key, VotingPower Power);

/// <summary>
/// The validators of one height in the order of the configuration. Immutable; equal when the members are.
/// </summary>
public sealed class ValidatorSet : IEquatable<ValidatorSet>
{
    private readonly ImmutableArray<Validator> _members;

    /// <param name="members">1 to <see cref="Limits.Validators"/>, each key once, total power at most 2^53 - 1.</param>
    /// <exception cref="ArgumentException">A limit is broken. A configuration is checked before it comes this far.</exception>
    public ValidatorSet(IEnumerable<Validator> members)
    {
        _members = [.. members];
        if (_members.Length is 0 or > Limits.Validators)
        {
            throw new ArgumentException($"A set has 1 to {Limits.Validators} validators.", nameof(members));
        }

        var keys = new SortedSet<KeyId>();
        ulong total = 0;
        foreach (Validator member in _members)
        {
            if (!keys.Add(member.Key))
            {
                throw new ArgumentException($"The key {member.Key} stands twice.", nameof(members));
            }

            if (member.Power.Value is 0 or > Limits.Integer || (total += member.Power.Value) > Limits.Integer)
            {
                throw new ArgumentException("Powers are at least 1 and add up to at most 2^53 - 1.", nameof(members));
            }
        }

        Total = new VotingPower(total);
    }

    public int Count => _members.Length;

    public VotingPower Total { get; }

    public Validator this[ValidatorIndex index] => _members[index.Value];

    /// <summary>In the order of the configuration.</summary>
    public ImmutableArray<Validator> Members => _members;

    public bool Contains(ValidatorIndex index) => (uint)index.Value < (uint)_members.Length;

    public VotingPower PowerOf(ValidatorIndex index) => _members[index.Value].Power;

    /// <summary>Position of this key, or null for one that is no validator.</summary>
    public ValidatorIndex? IndexOf(KeyId key)
    {
        for (int i = 0; i < _members.Length; i++)
        {
            if (_members[i].Key == key)
            {
                return new ValidatorIndex(i);
            }
        }

        return null;
    }

    /// <summary>
    /// Whose turn it is to propose: <c>proposer(h, round)</c> of the paper. See <see cref="ProposerRotation"/>.
    /// </summary>
    public ValidatorIndex ProposerOf(Height height, Round round) => ProposerRotation.ProposerOf(this, height, round);

    public bool Equals(ValidatorSet? other) => other is not null && _members.SequenceEqual(other._members);

    public override bool Equals(object? obj) => obj is ValidatorSet other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_members.Length, Total, _members[0].Key);
}
