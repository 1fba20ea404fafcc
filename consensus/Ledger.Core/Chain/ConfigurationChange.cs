using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// What a consortium can change about itself, as a <c>governance</c> record carries it: rules Q1 to Q8 of
/// <c>consensus/README.md</c>. Parsing checks the form; <see cref="TryApply"/> whether a configuration can be changed so.
/// </summary>
public sealed record ConfigurationChange
{
    /// <summary>Adds validators at the end; one that has a seat by this name is replaced where it sits.</summary>
    public ImmutableArray<Validator> Set { get; init; } = [];

    /// <summary>Names of validators that leave.</summary>
    public ImmutableArray<string> Remove { get; init; } = [];

    /// <summary>Keys that members answer for from now on, beside those that they have.</summary>
    public ImmutableArray<AdmittedMember> Invite { get; init; } = [];

    /// <summary>Keys that nobody answers for any more. Streams that they have opened keep their sponsor.</summary>
    public ImmutableArray<KeyId> Withdraw { get; init; } = [];

    /// <summary>Replaces the policy; its list of members is empty, and theirs stays as it is. Null: no change.</summary>
    public Admission? Admission { get; init; }

    /// <summary>Replaces the list of observers. Null: no change.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>>? Observers { get; init; }

    /// <summary>Replaces all parameters. Null: no change.</summary>
    public Parameters? Parameters { get; init; }

    /// <summary>Deterministic CBOR: equal changes have equal bytes.</summary>
    public byte[] Encode()
    {
        CborWriter writer = new(8_192);
        writer.Map(MemberCount);
        WriteList(writer, "set"u8, Set, (validator, to) => validator.EncodeTo(to));
        WriteList(writer, "invite"u8, Invite, (member, to) => member.EncodeTo(to));
        WriteList(writer, "remove"u8, Remove, (name, to) => to.Text(name));
        WriteList(writer, "withdraw"u8, Withdraw, (key, to) => to.Bytes(key.Value));
        Admission?.EncodeTo(writer.Text("admission"u8));
        if (Observers is { } observers)
        {
            Configuration.EncodeObservers(observers, writer.Text("observers"u8));
        }

        Parameters?.EncodeTo(writer.Text("parameters"u8));
        return writer.ToArray();
    }

    /// <summary>Strict: at least one of the members above, none empty where an empty one would say nothing.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ConfigurationChange change, out CborError error)
    {
        CborReader reader = new(bytes);
        Draft draft = new();
        bool read = reader.TryReadMap(out CborMapScope map)
            && TryReadLists(ref reader, ref map, draft)
            && TryReadPolicies(ref reader, ref map, draft)
            && reader.EndMap(map)
            && reader.TryFinish();
        change = new ConfigurationChange
        {
            Set = draft.Set.ToImmutable(),
            Remove = draft.Remove.ToImmutable(),
            Invite = draft.Invite.ToImmutable(),
            Withdraw = draft.Withdraw.ToImmutable(),
            Admission = draft.Admission,
            Observers = draft.Observers?.ToImmutable(),
            Parameters = draft.Parameters,
        };
        if (read && change.MemberCount == 0)
        {
            read = reader.Fail(CborFault.WrongCount, 0);
        }

        error = reader.Error;
        return read;
    }

    /// <summary>The configuration that this change makes of another: the next in number. A pure function.</summary>
    /// <param name="fault">One clause that says why not.</param>
    public bool TryApply(Configuration before, out Configuration after, out string fault)
    {
        after = before;
        if (FaultOfNames(before) is { } unknown)
        {
            fault = unknown;
            return false;
        }

        Configuration candidate = before with
        {
            Change = before.Change + 1,
            Validators = Seats(before.Validators),
            Observers = Observers ?? before.Observers,
            Admission = (Admission ?? before.Admission) with { Members = Members(before.Admission.Members) },
            Parameters = Parameters ?? before.Parameters,
        };

        if (candidate.Parameters.Protocol < before.Parameters.Protocol)
        {
            fault = $"it goes back to protocol version {candidate.Parameters.Protocol} from {before.Parameters.Protocol}";
            return false;
        }

        // What a configuration may be is said in one place: where one is read.
        if (!Configuration.TryParse(candidate.Encode(), out _, out CborError error))
        {
            fault = $"it makes a configuration that none may be: {error}";
            return false;
        }

        after = candidate;
        fault = "";
        return true;
    }

    private int MemberCount =>
        One(!Set.IsEmpty) + One(!Remove.IsEmpty) + One(!Invite.IsEmpty) + One(!Withdraw.IsEmpty)
        + One(Admission is not null) + One(Observers is not null) + One(Parameters is not null);

    private static int One(bool present) => present ? 1 : 0;

    private string? FaultOfNames(Configuration before)
    {
        SortedSet<string> named = new(StringComparer.Ordinal);
        foreach (string name in Set.Select(validator => validator.Name).Concat(Remove))
        {
            if (!named.Add(name))
            {
                return $"it names '{name}' twice";
            }
        }

        foreach (string name in Remove)
        {
            if (before.Validators.All(validator => validator.Name != name))
            {
                return $"it removes '{name}', who has no seat to give up";
            }
        }

        foreach (KeyId key in Withdraw)
        {
            if (before.Admission.Members.All(member => !member.Keys.Contains(key)))
            {
                return $"it withdraws the key {key}, which nobody answers for";
            }
        }

        return null;
    }

    private ImmutableArray<Validator> Seats(ImmutableArray<Validator> before)
    {
        List<Validator> seats = [.. before.Where(validator => !Remove.Contains(validator.Name))];
        foreach (Validator validator in Set)
        {
            int seat = seats.FindIndex(sitting => sitting.Name == validator.Name);
            if (seat < 0)
            {
                seats.Add(validator);
            }
            else
            {
                seats[seat] = validator;
            }
        }

        return [.. seats];
    }

    private ImmutableArray<AdmittedMember> Members(ImmutableArray<AdmittedMember> before)
    {
        List<AdmittedMember> members =
            [.. before.Select(member => member with { Keys = member.Keys.RemoveAll(Withdraw.Contains) })];
        foreach (AdmittedMember invited in Invite)
        {
            int known = members.FindIndex(member => member.Name == invited.Name);
            if (known < 0)
            {
                members.Add(invited);
            }
            else
            {
                members[known] = invited with { Keys = members[known].Keys.AddRange(invited.Keys) };
            }
        }

        return [.. members.Where(member => !member.Keys.IsEmpty)];
    }

    private static void WriteList<T>(
        CborWriter writer, ReadOnlySpan<byte> name, ImmutableArray<T> items, Action<T, CborWriter> write)
    {
        if (items.IsEmpty)
        {
            return;
        }

        writer.Text(name).Array(items.Length);
        foreach (T item in items)
        {
            write(item, writer);
        }
    }

    private static bool TryReadLists(ref CborReader reader, ref CborMapScope map, Draft draft) =>
        TryReadList(ref reader, ref map, "set"u8, draft.Set, Validator.TryRead)
        && TryReadList(ref reader, ref map, "invite"u8, draft.Invite, AdmittedMember.TryRead)
        && TryReadList(ref reader, ref map, "remove"u8, draft.Remove, TryReadName)
        && TryReadList(ref reader, ref map, "withdraw"u8, draft.Withdraw, TryReadKey);

    private static bool TryReadPolicies(ref CborReader reader, ref CborMapScope map, Draft draft)
    {
        if (reader.TryReadOptionalKey(ref map, "admission"u8))
        {
            int at = reader.Position;
            if (!Admission.TryRead(ref reader, out Admission admission)
                || (!admission.Members.IsEmpty && !reader.Fail(CborFault.WrongCount, at)))
            {
                return false;
            }

            draft.Admission = admission;
        }

        if (reader.TryReadOptionalKey(ref map, "observers"u8))
        {
            draft.Observers = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
            if (!reader.TryReadArray(out int count) || !Configuration.TryReadObservers(ref reader, count, draft.Observers))
            {
                return false;
            }
        }

        if (reader.TryReadOptionalKey(ref map, "parameters"u8))
        {
            if (!Parameters.TryRead(ref reader, out Parameters parameters))
            {
                return false;
            }

            draft.Parameters = parameters;
        }

        return !reader.HasError;
    }

    private delegate bool ReadItem<T>(ref CborReader reader, out T item);

    private static bool TryReadList<T>(
        ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> name, ImmutableArray<T>.Builder items, ReadItem<T> read)
    {
        if (!reader.TryReadOptionalKey(ref map, name))
        {
            return !reader.HasError;
        }

        int at = reader.Position;
        if (!reader.TryReadArray(out int count) || (count == 0 && !reader.Fail(CborFault.WrongCount, at)))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!read(ref reader, out T item))
            {
                return false;
            }

            items.Add(item);
        }

        return reader.EndArray();
    }

    private static bool TryReadName(ref CborReader reader, out string name)
    {
        int at = reader.Position;
        return reader.TryReadString(out name)
            && (CborWriter.CountUtf8(name) is > 0 and <= Validator.NameBytesMax || reader.Fail(CborFault.WrongLength, at));
    }

    private static bool TryReadKey(ref CborReader reader, out KeyId key)
    {
        bool read = reader.TryReadDigest(out Digest digest);
        key = new KeyId(digest);
        return read;
    }

    /// <summary>A change while it is being read.</summary>
    private sealed class Draft
    {
        public ImmutableArray<Validator>.Builder Set { get; } = ImmutableArray.CreateBuilder<Validator>();

        public ImmutableArray<string>.Builder Remove { get; } = ImmutableArray.CreateBuilder<string>();

        public ImmutableArray<AdmittedMember>.Builder Invite { get; } = ImmutableArray.CreateBuilder<AdmittedMember>();

        public ImmutableArray<KeyId>.Builder Withdraw { get; } = ImmutableArray.CreateBuilder<KeyId>();

        public Admission? Admission { get; set; }

        public ImmutableArray<ReadOnlyMemory<byte>>.Builder? Observers { get; set; }

        public Parameters? Parameters { get; set; }
    }
}
