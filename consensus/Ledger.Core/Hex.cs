using System.Buffers;

namespace Ledger.Core;

/// <summary>Strict hexadecimal: an even number of digits, nothing else. Text for people and URLs, never for hashing.</summary>
public static class Hex
{
    /// <summary>Fills <paramref name="bytes"/> exactly, or returns false.</summary>
    public static bool TryDecode(ReadOnlySpan<char> hex, Span<byte> bytes) =>
        hex.Length == bytes.Length * 2
        && Convert.FromHexString(hex, bytes, out _, out int written) == OperationStatus.Done
        && written == bytes.Length;
}
