using System.Text;
using Ledger.Core.Cbor;

namespace Ledger.Records.Form;

/// <summary>One named member of a map.</summary>
internal sealed record Member(string Name, Shape Shape, bool Required = true)
{
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Name);
}

/// <summary>
/// A map with named members. Closed: no other member. Open: others may stand there, readers ignore them.
/// </summary>
internal sealed class MapShape : Shape
{
    private readonly Member[] _members;
    private readonly bool _open;

    public MapShape(bool open, params Member[] members)
    {
        _open = open;
        Declared = members;
        _members = [.. members];
        Array.Sort(_members, static (a, b) => Compare(a.Utf8, b.Utf8));
    }

    /// <summary>In the order in which the specification names them.</summary>
    public IReadOnlyList<Member> Declared { get; }

    public override string Cddl =>
        "{ " + string.Join(", ", Declared.Select(m => $"{(m.Required ? "" : "? ")}\"{m.Name}\": {m.Shape.Cddl}"))
        + (_open ? ", * tstr => any }" : " }");

    /// <summary>This map with further members.</summary>
    public MapShape And(params Member[] more) => new(_open, [.. Declared, .. more]);

    public override bool Read(ref CborReader reader, ref string path)
    {
        if (!reader.TryReadMap(out CborMapScope scope))
        {
            return false;
        }

        int next = 0;
        int keyStart = reader.Position;

        // F4: behind the last member that a closed map names nothing is read.
        while ((_open || next < _members.Length) && reader.TryReadKey(ref scope, out ReadOnlySpan<byte> key))
        {
            // Both sides ascend, so each member is looked for once.
            int order = 1;
            while (next < _members.Length && (order = Compare(_members[next].Utf8, key)) < 0)
            {
                if (!Skip(ref reader, _members[next++], keyStart, ref path))
                {
                    return false;
                }
            }

            if (!(next < _members.Length && order == 0
                ? ReadMember(ref reader, _members[next++], ref path)
                : ReadUnnamed(ref reader, keyStart)))
            {
                return false;
            }

            keyStart = reader.Position;
        }

        while (!reader.HasError && next < _members.Length)
        {
            Skip(ref reader, _members[next++], reader.Position, ref path);
        }

        return !reader.HasError && reader.EndMap(scope);
    }

    private static bool Skip(ref CborReader reader, Member member, int offset, ref string path)
    {
        if (!member.Required)
        {
            return true;
        }

        path = member.Name;
        return reader.Fail(CborFault.MissingMember, offset);
    }

    private static bool ReadMember(ref CborReader reader, Member member, ref string path)
    {
        bool read = member.Shape.Read(ref reader, ref path);
        if (!read)
        {
            Prepend(ref path, member.Name);
        }

        return read;
    }

    private bool ReadUnnamed(ref CborReader reader, int keyStart) =>
        _open ? reader.TrySkip() : reader.Fail(CborFault.UnknownMember, keyStart);

    private static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
}
