using System.Text;
using System.Text.Json;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records;

/// <summary>Records for people: diagnostic notation and JSON. Neither is a format for hashing or signing.</summary>
public static class RecordText
{
    /// <summary>
    /// Diagnostic notation (RFC 8949 §8) with the header and the payload opened, one member a line; strings of bytes
    /// longer than a record id are shortened.
    /// </summary>
    public static string Diagnostic(Record record)
    {
        StringBuilder text = new();
        text.Append("18([\n  <<{\n    1: -49,\n    3: \"application/oar+cbor\",\n    4: ")
            .Append(Bytes(record.Kid.Value.Span)).Append(",\n    15: {1: ")
            .Append(CborDiagnostic.Quote(record.Issuer)).Append(", 2: ")
            .Append(CborDiagnostic.Quote(record.Subject)).Append("}\n  }>>,\n  {},\n  <<{\n");
        CborMap payload = (CborMap)CborValue.Decode(record.Payload);
        for (int i = 0; i < payload.Count; i++)
        {
            text.Append("    ").Append(CborDiagnostic.Quote(payload[i].Key)).Append(": ");
            Write(text, payload[i].Value, 4);
            text.Append(i + 1 < payload.Count ? ",\n" : "\n");
        }

        return text.Append("  }>>,\n  ").Append(Bytes(record.Signature)).Append("\n])").ToString();
    }

    /// <summary>
    /// An object with <c>id, entry, stream, seq, prev, time, kind, kid, iss, sub, causes, body, bytes</c>; byte strings
    /// as lower-case hexadecimal, <c>bytes</c> being the length of the record.
    /// </summary>
    public static void Write(Utf8JsonWriter writer, Record record)
    {
        writer.WriteStartObject();
        writer.WriteString("id", record.Id.ToString());
        writer.WriteString("entry", record.Entry.ToString());
        writer.WriteString("stream", record.Stream.ToString());
        writer.WriteNumber("seq", record.Seq.Value);
        writer.WriteString("prev", record.Prev.ToString());
        writer.WriteNumber("time", record.Time.Milliseconds);
        writer.WriteString("kind", record.Kind.Word());
        writer.WriteString("kid", record.Kid.ToString());
        writer.WriteString("iss", record.Issuer);
        writer.WriteString("sub", record.Subject);
        writer.WriteStartArray("causes");
        for (int i = 0; i < record.CauseCount; i++)
        {
            writer.WriteStringValue(record.Cause(i).ToString());
        }

        writer.WriteEndArray();
        writer.WritePropertyName("body");
        record.DecodeBody().WriteTo(writer);
        writer.WriteNumber("bytes", record.Bytes.Length);
        writer.WriteEndObject();
    }

    private static void Write(StringBuilder text, CborValue value, int indent)
    {
        switch (value)
        {
            case CborMap { Count: > 0 } map:
                text.Append("{\n");
                for (int i = 0; i < map.Count; i++)
                {
                    text.Append(' ', indent + 2).Append(CborDiagnostic.Quote(map[i].Key)).Append(": ");
                    Write(text, map[i].Value, indent + 2);
                    text.Append(i + 1 < map.Count ? ",\n" : "\n");
                }

                text.Append(' ', indent).Append('}');
                break;
            case CborArray { Count: > 0 } array:
                text.Append('[');
                for (int i = 0; i < array.Count; i++)
                {
                    text.Append(i == 0 ? "" : ", ");
                    Write(text, array[i], indent);
                }

                text.Append(']');
                break;
            case CborBytes bytes:
                text.Append(Bytes(bytes.Span));
                break;
            default:
                text.Append(value);
                break;
        }
    }

    private static string Bytes(ReadOnlySpan<byte> bytes)
    {
        const int Shown = 8;
        if (bytes.Length <= RecordId.Size)
        {
            return $"h'{Convert.ToHexStringLower(bytes)}'";
        }

        string first = Convert.ToHexStringLower(bytes[..Shown]);
        string last = Convert.ToHexStringLower(bytes[^Shown..]);
        return $"h'{first}…{last}' / {bytes.Length} bytes /";
    }
}
