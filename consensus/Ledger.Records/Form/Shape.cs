using System.Text;
using Ledger.Core.Cbor;

namespace Ledger.Records.Form;

/// <summary>
/// One rule of the CDDL as an object. Reading checks and steps over a value without building it; nothing is allocated
/// unless it is refused. The tables in <see cref="BodyShapes"/> are the specification's CDDL, member by member.
/// </summary>
internal abstract class Shape
{
    public static readonly Shape Any = new AnyShape();
    public static readonly Shape Text = new TextShape();
    public static readonly Shape Unsigned = new UnsignedShape();
    public static readonly Shape Boolean = new BooleanShape();
    public static readonly Shape AnyBytes = new BytesShape(null);

    /// <param name="reader">Before the value; after it, if the value has this shape.</param>
    /// <param name="path">On refusal, which member is to blame: <c>model.weights</c>, <c>input[2].hash</c>.</param>
    public abstract bool Read(ref CborReader reader, ref string path);

    /// <summary>The rule in CDDL (RFC 8610), as the specification prints it.</summary>
    public abstract string Cddl { get; }

    public static Shape Bytes(int length) => new BytesShape(length);

    public static Shape OneOf(params string[] words) => new WordShape(words);

    public static Shape ListOf(Shape item, int countMin = 1) => new ListShape(item, countMin);

    /// <summary>A map with keys of any text, or of these only; at least one member.</summary>
    public static Shape Table(Shape value, params string[] keys) => new TableShape(value, keys);

    protected static void Prepend(ref string path, string step) =>
        path = path.Length == 0 || path[0] == '[' ? step + path : step + "." + path;

    private sealed class AnyShape : Shape
    {
        public override string Cddl => "any";

        public override bool Read(ref CborReader reader, ref string path) => reader.TrySkip();
    }

    private sealed class TextShape : Shape
    {
        public override string Cddl => "tstr";

        public override bool Read(ref CborReader reader, ref string path) => reader.TryReadText(out _);
    }

    private sealed class UnsignedShape : Shape
    {
        public override string Cddl => "uint";

        public override bool Read(ref CborReader reader, ref string path) => reader.TryReadUnsigned(out _);
    }

    private sealed class BooleanShape : Shape
    {
        public override string Cddl => "bool";

        public override bool Read(ref CborReader reader, ref string path) => reader.TryReadBoolean(out _);
    }

    private sealed class BytesShape(int? length) : Shape
    {
        public override string Cddl => length is { } size ? $"bstr .size {size}" : "bstr";

        public override bool Read(ref CborReader reader, ref string path) =>
            length is { } size ? reader.TryReadBytes(size, out _) : reader.TryReadBytes(out _);
    }

    private sealed class WordShape(string[] words) : Shape
    {
        private readonly byte[][] _words = [.. words.Select(Encoding.UTF8.GetBytes)];

        public override string Cddl => string.Join(" / ", words.Select(word => $"\"{word}\""));

        public override bool Read(ref CborReader reader, ref string path)
        {
            int start = reader.Position;
            return reader.TryReadText(out ReadOnlySpan<byte> text)
                && (Contains(_words, text) || reader.Fail(CborFault.WrongValue, start));
        }
    }

    private sealed class ListShape(Shape item, int countMin) : Shape
    {
        public override string Cddl => $"[{(countMin == 0 ? "*" : "+")} {item.Cddl}]";

        public override bool Read(ref CborReader reader, ref string path)
        {
            int start = reader.Position;
            if (!reader.TryReadArray(out int count))
            {
                return false;
            }

            if (count < countMin)
            {
                return reader.Fail(CborFault.WrongCount, start);
            }

            for (int i = 0; i < count; i++)
            {
                if (!item.Read(ref reader, ref path))
                {
                    Prepend(ref path, $"[{i}]");
                    return false;
                }
            }

            return reader.EndArray();
        }
    }

    private sealed class TableShape(Shape value, string[] keys) : Shape
    {
        private readonly byte[][] _keys = [.. keys.Select(Encoding.UTF8.GetBytes)];

        public override string Cddl =>
            keys.Length == 0
                ? $"{{ + tstr => {value.Cddl} }}"
                : $"{{ + ({string.Join(" / ", keys.Select(key => $"\"{key}\""))}) => {value.Cddl} }}";

        public override bool Read(ref CborReader reader, ref string path)
        {
            int start = reader.Position;
            if (!reader.TryReadMap(out CborMapScope scope))
            {
                return false;
            }

            if (scope.Left == 0)
            {
                return reader.Fail(CborFault.WrongCount, start);
            }

            int keyStart = reader.Position;
            while (reader.TryReadKey(ref scope, out ReadOnlySpan<byte> key))
            {
                if (_keys.Length > 0 && !Contains(_keys, key))
                {
                    return reader.Fail(CborFault.UnknownMember, keyStart);
                }

                if (!value.Read(ref reader, ref path))
                {
                    return false;
                }

                keyStart = reader.Position;
            }

            return !reader.HasError && reader.EndMap(scope);
        }
    }

    private static bool Contains(byte[][] words, ReadOnlySpan<byte> text)
    {
        foreach (byte[] word in words)
        {
            if (text.SequenceEqual(word))
            {
                return true;
            }
        }

        return false;
    }
}
