using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>Who may open a stream, and how much a stream and a sponsor may settle in a window of blocks.</summary>
public sealed record Admission
{
    /// <summary>Sponsor of streams that nobody invited.</summary>
    public const string OpenSponsor = "open";

    /// <summary>Members that the policy may name.</summary>
    public const int MembersMax = 1_024;

    /// <summary>Keys that one member may invite.</summary>
    public const int KeysMax = 4_096;

    /// <summary>True: anybody may open a stream, all on the one quota <see cref="Open"/>. False: invited keys only.</summary>
    public required bool IsOpen { get; init; }

    /// <summary>Quota of all uninvited streams together.</summary>
    public required SponsorQuota Open { get; init; }

    /// <summary>Integrators' digests that one key may hand in per window.</summary>
    public required ulong Roots { get; init; }

    /// <summary>Quota of each member, for all the streams it sponsors.</summary>
    public required SponsorQuota Member { get; init; }

    public required StreamQuota Stream { get; init; }

    /// <summary>Blocks in a window; the window of height h is (h - 1) / Window.</summary>
    public required ulong Window { get; init; }

    /// <summary>Invited keys, by the member who answers for them.</summary>
    public required ImmutableArray<AdmittedMember> Members { get; init; }

    internal void EncodeTo(CborWriter writer)
    {
        writer.Map(7).Text("mode"u8).Text(IsOpen ? "open"u8 : "invited"u8).Text("open"u8);
        Open.EncodeTo(writer);
        writer.Text("roots"u8).Unsigned(Roots).Text("member"u8);
        Member.EncodeTo(writer);
        writer.Text("stream"u8);
        Stream.EncodeTo(writer);
        writer.Text("window"u8).Unsigned(Window).Text("members"u8).Array(Members.Length);
        foreach (AdmittedMember member in Members)
        {
            member.EncodeTo(writer);
        }
    }

    internal static bool TryRead(ref CborReader reader, out Admission admission)
    {
        admission = null!;
        string mode = "";
        SponsorQuota open = default;
        SponsorQuota member = default;
        StreamQuota stream = default;
        ulong roots = 0;
        ulong window = 0;
        ImmutableArray<AdmittedMember>.Builder members = ImmutableArray.CreateBuilder<AdmittedMember>();
        int at = reader.Position;
        bool read = reader.TryReadMap(out CborMapScope map)
            && reader.TryReadMember(ref map, "mode"u8, 16, out mode)
            && (mode is "open" or "invited" || reader.Fail(CborFault.WrongValue, at))
            && reader.TryReadKey(ref map, "open"u8)
            && SponsorQuota.TryRead(ref reader, out open)
            && reader.TryReadMember(ref map, "roots"u8, out roots)
            && reader.TryReadKey(ref map, "member"u8)
            && SponsorQuota.TryRead(ref reader, out member)
            && reader.TryReadKey(ref map, "stream"u8)
            && StreamQuota.TryRead(ref reader, out stream)
            && reader.TryReadMember(ref map, "window"u8, out window)
            && (window > 0 || reader.Fail(CborFault.WrongValue, at))
            && reader.TryReadArrayMember(ref map, "members"u8, MembersMax, out int count)
            && TryReadMembers(ref reader, count, members)
            && reader.EndMap(map);
        if (read)
        {
            admission = new Admission
            {
                IsOpen = mode == "open",
                Open = open,
                Roots = roots,
                Member = member,
                Stream = stream,
                Window = window,
                Members = members.ToImmutable(),
            };
        }

        return read;
    }

    private static bool TryReadMembers(ref CborReader reader, int count, ImmutableArray<AdmittedMember>.Builder members)
    {
        SortedSet<KeyId> seen = [];
        for (int i = 0; i < count; i++)
        {
            int at = reader.Position;
            if (!AdmittedMember.TryRead(ref reader, out AdmittedMember member))
            {
                return false;
            }

            // A key has one sponsor, else two quotas would claim it.
            foreach (KeyId key in member.Keys)
            {
                if (!seen.Add(key))
                {
                    return reader.Fail(CborFault.WrongValue, at);
                }
            }

            members.Add(member);
        }

        return reader.EndArray();
    }
}

/// <param name="Name">The member; becomes the sponsor of the streams its keys open.</param>
/// <param name="Keys">First keys of the streams that it answers for.</param>
public sealed record AdmittedMember(string Name, ImmutableArray<KeyId> Keys)
{
    internal void EncodeTo(CborWriter writer)
    {
        writer.Map(2).Text("kids"u8).Array(Keys.Length);
        foreach (KeyId key in Keys)
        {
            writer.Bytes(key.Value);
        }

        writer.Text("name"u8).Text(Name);
    }

    internal static bool TryRead(ref CborReader reader, out AdmittedMember member)
    {
        member = null!;
        string name = "";
        ImmutableArray<KeyId>.Builder keys = ImmutableArray.CreateBuilder<KeyId>();
        int at = reader.Position;
        bool read = reader.TryReadMap(out CborMapScope map)
            && reader.TryReadArrayMember(ref map, "kids"u8, Admission.KeysMax, out int count)
            && TryReadKeys(ref reader, count, keys)
            && reader.TryReadMember(ref map, "name"u8, Validator.NameBytesMax, out name)
            && (name is not (Admission.OpenSponsor or "") || reader.Fail(CborFault.WrongValue, at))
            && reader.EndMap(map);
        if (read)
        {
            member = new AdmittedMember(name, keys.ToImmutable());
        }

        return read;
    }

    private static bool TryReadKeys(ref CborReader reader, int count, ImmutableArray<KeyId>.Builder keys)
    {
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadDigest(out Digest key))
            {
                return false;
            }

            keys.Add(new KeyId(key));
        }

        return reader.EndArray();
    }
}

/// <param name="Bytes">Record bytes per window.</param>
/// <param name="Records">Records per window.</param>
/// <param name="Streams">New streams per day of block time (UTC).</param>
public readonly record struct SponsorQuota(ulong Bytes, ulong Records, ulong Streams)
{
    internal void EncodeTo(CborWriter writer) =>
        writer.Map(3)
            .Text("bytes"u8).Unsigned(Bytes).Text("records"u8).Unsigned(Records).Text("streams"u8).Unsigned(Streams);

    internal static bool TryRead(ref CborReader reader, out SponsorQuota quota)
    {
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadMember(ref map, "bytes"u8, out ulong bytes)
            & reader.TryReadMember(ref map, "records"u8, out ulong records)
            & reader.TryReadMember(ref map, "streams"u8, out ulong streams)
            && reader.EndMap(map);
        quota = new SponsorQuota(bytes, records, streams);
        return read;
    }
}

/// <param name="Bytes">Record bytes per window.</param>
/// <param name="Records">Records per window.</param>
public readonly record struct StreamQuota(ulong Bytes, ulong Records)
{
    internal void EncodeTo(CborWriter writer) =>
        writer.Map(2).Text("bytes"u8).Unsigned(Bytes).Text("records"u8).Unsigned(Records);

    internal static bool TryRead(ref CborReader reader, out StreamQuota quota)
    {
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadMember(ref map, "bytes"u8, out ulong bytes)
            & reader.TryReadMember(ref map, "records"u8, out ulong records)
            && reader.EndMap(map);
        quota = new StreamQuota(bytes, records);
        return read;
    }
}
