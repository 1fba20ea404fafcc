using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Ledger.Core.Log;

/// <summary>The few shapes that all C2SP note formats are made of, read strictly: lines, decimals, base64.</summary>
internal static class NoteText
{
    internal const byte NewLine = (byte)'\n';

    internal static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>
    /// Takes the next line, without its newline, from <paramref name="text"/> at <paramref name="offset"/>.
    /// </summary>
    internal static bool TryLine(ReadOnlySpan<byte> text, ref int offset, out ReadOnlySpan<byte> line)
    {
        int length = text[offset..].IndexOf(NewLine);
        line = length < 0 ? default : text.Slice(offset, length);
        offset += length + 1;
        return length >= 0;
    }

    /// <summary>An ASCII decimal without sign and leading zeros, at most 2^53 - 1.</summary>
    internal static bool TryDecimal(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        if (digits.Length is 0 or > 16 || (digits[0] == '0' && digits.Length > 1))
        {
            return false;
        }

        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = (value * 10) + (ulong)(digit - '0');
        }

        return value <= Limits.Integer;
    }

    /// <summary>Base64 of RFC 4648 §4 with its padding, no white space, and zeros in the bits left over.</summary>
    internal static bool TryBase64(ReadOnlySpan<byte> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 != 0)
        {
            return false;
        }

        byte[] decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, decoded, out _, out int written) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        // The platform's decoder forgives white space and stray bits; what does not come out the same was not
        // canonical.
        byte[] again = new byte[Base64.GetMaxEncodedToUtf8Length(written)];
        Base64.EncodeToUtf8(decoded.AsSpan(0, written), again, out _, out int length);
        bytes = decoded[..written];
        return text.SequenceEqual(again.AsSpan(0, length));
    }

    internal static bool TryHash(ReadOnlySpan<byte> line, out Digest hash, out NoteFault fault)
    {
        hash = default;
        fault = NoteFault.Base64;
        if (!TryBase64(line, out byte[] bytes))
        {
            return false;
        }

        fault = bytes.Length == Digest.Size ? NoteFault.None : NoteFault.HashLength;
        hash = fault == NoteFault.None ? new Digest(bytes) : default;
        return fault == NoteFault.None;
    }

    internal static string Base64Of(in Digest hash) => Convert.ToBase64String(hash.Span);

    internal static string Decimal(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>C2SP signed-note: neither empty, nor with a Unicode space, nor with a plus.</summary>
    internal static bool IsKeyName(string name)
    {
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || rune.Value == '+')
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    /// <summary>One line of text that we are about to write.</summary>
    internal static bool IsLine(string line) => line.Length > 0 && !line.AsSpan().ContainsAnyInRange('\0', '\u001f');
}
