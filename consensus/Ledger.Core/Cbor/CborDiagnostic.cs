using System.Globalization;
using System.Text;

namespace Ledger.Core.Cbor;

/// <summary>Diagnostic notation (RFC 8949 §8) on one line.</summary>
public static class CborDiagnostic
{
    /// <summary>A text in quotation marks. Control, format and separator characters are escaped, so that a hostile
    /// text can neither move a terminal's cursor nor turn the reading direction.</summary>
    public static string Quote(string value)
    {
        StringBuilder text = new(value.Length + 2);
        Quote(text, value);
        return text.ToString();
    }

    internal static void Write(StringBuilder text, CborValue value)
    {
        switch (value)
        {
            case CborInteger integer:
                text.Append(integer.Value);
                break;
            case CborBytes bytes:
                text.Append("h'").Append(Convert.ToHexStringLower(bytes.Span)).Append('\'');
                break;
            case CborText quoted:
                Quote(text, quoted.Value);
                break;
            case CborBoolean boolean:
                text.Append(boolean.Value ? "true" : "false");
                break;
            case CborNull:
                text.Append("null");
                break;
            case CborArray array:
                WriteArray(text, array);
                break;
            case CborMap map:
                WriteMap(text, map);
                break;
            default:
                throw new InvalidOperationException($"No notation for {value.Type}.");
        }
    }

    private static void WriteArray(StringBuilder text, CborArray array)
    {
        text.Append('[');
        for (int i = 0; i < array.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Write(text, array[i]);
        }

        text.Append(']');
    }

    private static void WriteMap(StringBuilder text, CborMap map)
    {
        text.Append('{');
        for (int i = 0; i < map.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Quote(text, map[i].Key);
            text.Append(": ");
            Write(text, map[i].Value);
        }

        text.Append('}');
    }

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (Rune rune in value.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    text.Append('\\').Append((char)rune.Value);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                default:
                    AppendShown(text, rune);
                    break;
            }
        }

        text.Append('"');
    }

    private static void AppendShown(StringBuilder text, Rune rune)
    {
        Span<char> units = stackalloc char[2];
        units = units[..rune.EncodeToUtf16(units)];
        if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
        {
            text.Append(units);
            return;
        }

        foreach (char unit in units)
        {
            text.Append($"\\u{(int)unit:x4}");
        }
    }
}
