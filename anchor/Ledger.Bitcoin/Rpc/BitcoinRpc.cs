using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ledger.Bitcoin.Rpc;

/// <summary>
/// The calls that we make to an operator's Bitcoin node, all of them part of Bitcoin Core's JSON-RPC interface.
/// Keys stay in the daemon's wallet. Thread-safe; one instance for one daemon and wallet. A call fails with a value;
/// only cancelling it throws.
/// </summary>
public sealed partial class BitcoinRpc : IDisposable
{
    private readonly RpcTransport _transport;
    private readonly string _walletPath;

    public BitcoinRpc(BitcoinRpcOptions options)
        : this(options, null)
    {
    }

    internal BitcoinRpc(BitcoinRpcOptions options, HttpMessageHandler? handler)
    {
        _transport = new RpcTransport(options, handler);
        _walletPath = $"wallet/{Uri.EscapeDataString(options.Wallet)}";
        Wallet = options.Wallet;
        Address = options.Address;
    }

    /// <summary>Where the daemon is.</summary>
    public Uri Address { get; }

    /// <summary>Name of the wallet that wallet calls go to.</summary>
    public string Wallet { get; }

    public void Dispose() => _transport.Dispose();

    /// <summary>Any call to the daemon or the wallet, for development and tests.</summary>
    internal Task<BitcoinResult<JsonElement>> CallAsync(string method, JsonArray arguments, CancellationToken stop) =>
        WalletAsync<JsonElement>(method, arguments, result => result, stop);

    private Task<BitcoinResult<T>> ChainAsync<T>(
        string method,
        JsonArray arguments,
        Func<JsonElement, BitcoinResult<T>> read,
        CancellationToken stop)
        where T : notnull => CallAsync(new RpcCall(method, arguments), "", read, stop);

    private Task<BitcoinResult<T>> WalletAsync<T>(
        string method,
        JsonArray arguments,
        Func<JsonElement, BitcoinResult<T>> read,
        CancellationToken stop)
        where T : notnull => CallAsync(new RpcCall(method, arguments), _walletPath, read, stop);

    private async Task<BitcoinResult<T>> CallAsync<T>(
        RpcCall call,
        string path,
        Func<JsonElement, BitcoinResult<T>> read,
        CancellationToken stop)
        where T : notnull
    {
        BitcoinResult<JsonElement> reply = await _transport.CallAsync(call, path, stop);
        if (!reply.TryGet(out JsonElement result, out BitcoinError? error))
        {
            return error;
        }

        try
        {
            return read(result);
        }
        catch (MalformedReplyException trouble)
        {
            return new BitcoinError(BitcoinErrorKind.MalformedReply, call.Method, trouble.Message);
        }
    }
}
