using System.Text.Json;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Rpc;

/// <summary>
/// An answer that lacks a promised member; caught where the answer was asked for, never seen outside.
/// </summary>
internal sealed class MalformedReplyException(string member)
    : Exception($"The answer has no usable \"{member}\".");

/// <summary>Typed reading of an answer's members.</summary>
internal static class JsonFields
{
    private const decimal SatoshiPerBitcoin = 100_000_000m;

    public static JsonElement Member(this JsonElement element, string name) =>
        element.TryMember(name, out JsonElement value) ? value : throw new MalformedReplyException(name);

    public static bool TryMember(this JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object
            && element.TryGetProperty(name, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    public static string Text(this JsonElement element, string name)
    {
        JsonElement value = element.Member(name);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new MalformedReplyException(name);
    }

    public static bool Flag(this JsonElement element, string name) => element.Member(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new MalformedReplyException(name),
    };

    public static long Integer(this JsonElement element, string name)
    {
        JsonElement value = element.Member(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw new MalformedReplyException(name);
    }

    public static BitcoinHeight Height(this JsonElement element, string name)
    {
        long value = element.Integer(name);
        return value is >= 0 and <= uint.MaxValue
            ? new BitcoinHeight((uint)value)
            : throw new MalformedReplyException(name);
    }

    /// <summary>Bitcoin amounts travel as decimal fractions of a bitcoin.</summary>
    public static Satoshi Amount(this JsonElement element, string name)
    {
        JsonElement value = element.Member(name);
        return value.ValueKind == JsonValueKind.Number
            && value.TryGetDecimal(out decimal bitcoin)
            && Math.Abs(bitcoin) <= Satoshi.Maximum / SatoshiPerBitcoin
                ? new Satoshi((long)(bitcoin * SatoshiPerBitcoin))
                : throw new MalformedReplyException(name);
    }

    public static BitcoinBlockHash BlockHash(this JsonElement element, string name) =>
        element.Member(name).AsBlockHash(name);

    public static BitcoinBlockHash AsBlockHash(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String
        && BitcoinBlockHash.TryParse(value.GetString(), out BitcoinBlockHash hash)
            ? hash
            : throw new MalformedReplyException(name);

    public static BitcoinTransactionId TransactionId(this JsonElement element, string name) =>
        element.Member(name).AsTransactionId(name);

    public static BitcoinTransactionId AsTransactionId(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String
        && BitcoinTransactionId.TryParse(value.GetString(), out BitcoinTransactionId id)
            ? id
            : throw new MalformedReplyException(name);

    public static byte[] Bytes(this JsonElement element, string name) => element.Member(name).AsBytes(name);

    public static byte[] AsBytes(this JsonElement value, string name)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } hex && hex.Length % 2 == 0)
        {
            byte[] bytes = new byte[hex.Length / 2];
            if (Core.Hex.TryDecode(hex, bytes))
            {
                return bytes;
            }
        }

        throw new MalformedReplyException(name);
    }

    public static IEnumerable<JsonElement> Items(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw new MalformedReplyException(name);
}
