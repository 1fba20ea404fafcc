using System.Buffers;
using System.Text;
using System.Text.Json;
using Ledger.Core;
using Ledger.Runtime.Roots;

namespace Ledger.Node.Doors;

/// <summary>Reads the digests of a submission strictly: all of them, or the place of the first that is none.</summary>
internal static class DigestList
{
    /// <summary>A JSON array of texts of 64 hexadecimal digits.</summary>
    /// <param name="fault">One clause; null where there is none.</param>
    /// <param name="index">Which digest, from 0; null where the whole is meant.</param>
    public static Digest[]? ReadJson(ReadOnlySpan<byte> body, out string? fault, out int? index)
    {
        List<Digest> digests = [];
        (fault, index) = ("it is no JSON array of texts of 64 hexadecimal digits", null);
        try
        {
            Utf8JsonReader reader = new(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (!TryRead(reader, out Digest digest))
                {
                    (fault, index) = ($"item {digests.Count} is no text of 64 hexadecimal digits", digests.Count);
                    return null;
                }

                if (digests.Count == RootLimits.SubmissionMax)
                {
                    fault = $"it has more than {RootLimits.SubmissionMax} digests";
                    return null;
                }

                digests.Add(digest);
            }

            // Anything behind the array throws here.
            reader.Read();
        }
        catch (JsonException)
        {
            return null;
        }

        return Some(digests, out fault);
    }

    /// <summary>Digests of 32 bytes, end to end.</summary>
    public static Digest[]? ReadBinary(ReadOnlySpan<byte> body, out string? fault)
    {
        if (body.Length % Digest.Size != 0)
        {
            fault = $"{body.Length} bytes are no whole number of digests of {Digest.Size}";
            return null;
        }

        List<Digest> digests = new(body.Length / Digest.Size);
        for (int at = 0; at < body.Length; at += Digest.Size)
        {
            digests.Add(new Digest(body.Slice(at, Digest.Size)));
        }

        return Some(digests, out fault);
    }

    /// <summary>Digits stand as themselves: an escape is none, and what is no UTF-8 is never made a text of.</summary>
    private static bool TryRead(in Utf8JsonReader reader, out Digest digest)
    {
        digest = default;
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.Length != 2 * Digest.Size)
        {
            return false;
        }

        Span<char> digits = stackalloc char[2 * Digest.Size];
        return Ascii.ToUtf16(reader.ValueSpan, digits, out _) == OperationStatus.Done && Digest.TryParseHex(digits, out digest);
    }

    private static Digest[]? Some(List<Digest> digests, out string? fault)
    {
        fault = digests.Count == 0 ? "it has no digest" : null;
        return fault is null ? [.. digests] : null;
    }
}
