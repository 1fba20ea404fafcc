using System.Net;
using System.Text.Json;

namespace Ledger.Bitcoin.Rpc;

/// <summary>Reads one JSON-RPC answer and names its errors.</summary>
internal static class RpcReply
{
    private const int MessageLength = 300;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32 };

    public static BitcoinResult<JsonElement> Read(string method, long id, HttpStatusCode status, byte[] body)
    {
        switch (status)
        {
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                return new BitcoinError(
                    BitcoinErrorKind.Unauthorized, method, "The Bitcoin node refuses the user, password or address.");
            case HttpStatusCode.ServiceUnavailable:
                return new BitcoinError(
                    BitcoinErrorKind.Busy, method, "The Bitcoin node's queue of requests is full.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(body, Strict);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return Malformed(method, status);
            }

            if (root.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object)
            {
                return ReadError(method, error);
            }

            return root.TryGetProperty("id", out JsonElement answered)
                && answered.ValueKind == JsonValueKind.Number
                && answered.TryGetInt64(out long number)
                && number == id
                && root.TryGetProperty("result", out JsonElement result)
                    ? result.Clone()
                    : Malformed(method, status);
        }
        catch (JsonException)
        {
            return Malformed(method, status);
        }
    }

    private static BitcoinError Malformed(string method, HttpStatusCode status) => new(
        BitcoinErrorKind.MalformedReply, method, $"The answer (HTTP {(int)status}) is not that of a Bitcoin node.");

    private static BitcoinError ReadError(string method, JsonElement error)
    {
        int code = error.TryGetProperty("code", out JsonElement number)
            && number.ValueKind == JsonValueKind.Number
            && number.TryGetInt32(out int given) ? given : 0;
        string message = error.TryGetProperty("message", out JsonElement text)
            && text.ValueKind == JsonValueKind.String ? text.GetString()! : "no message";
        string shown = message.Length <= MessageLength ? message : message[..MessageLength];
        return new BitcoinError(Classify(code, message), method, shown, code);
    }

    /// <summary>
    /// Codes from Bitcoin Core's <c>rpc/protocol.h</c>; a text decides only where one code says two things.
    /// </summary>
    private static BitcoinErrorKind Classify(int code, string message)
    {
        return code switch
        {
            -28 => BitcoinErrorKind.WarmingUp,
            -18 or -19 => BitcoinErrorKind.WalletNotLoaded,
            -13 => BitcoinErrorKind.WalletLocked,
            -6 => BitcoinErrorKind.InsufficientFunds,
            -4 when Says("insufficient funds") => BitcoinErrorKind.InsufficientFunds,
            -4 when Says("has been mined") || Says("cannot bump") => BitcoinErrorKind.Rejected,
            -1 when Says("already spent") => BitcoinErrorKind.Rejected,
            -8 when Says("insufficient total fee") => BitcoinErrorKind.Rejected,
            -27 => BitcoinErrorKind.AlreadyMined,
            -25 or -26 => BitcoinErrorKind.Rejected,
            -5 => BitcoinErrorKind.NotFound,
            -8 when Says("out of range") => BitcoinErrorKind.NotFound,
            -1 when Says("pruned data") => BitcoinErrorKind.NotFound,
            -8 or -3 or -1 or -22 or -32600 or -32601 or -32602 or -32700 => BitcoinErrorKind.InvalidRequest,
            _ => BitcoinErrorKind.Other,
        };

        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
    }
}
