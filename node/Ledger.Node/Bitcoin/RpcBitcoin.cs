using Ledger.Anchoring;
using Ledger.Bitcoin;
using Ledger.Bitcoin.Rpc;
using Ledger.Core;
using Ledger.Node.Hosting;
using Ledger.Proofs.Spv;
using Ledger.Runtime.Ports;
using AnchorState = Ledger.Bitcoin.AnchorState;

namespace Ledger.Node.Bitcoin;

/// <summary>The operator's Bitcoin daemon over JSON-RPC. Opens its wallet on first use and again after a restart.</summary>
internal sealed class RpcBitcoin : IBitcoin, IDisposable
{
    private readonly BitcoinRpc _rpc;
    private readonly AnchorWallet _wallet;
    private readonly SpvProofBuilder _proofs;
    private readonly BitcoinNetwork _network;

    public RpcBitcoin(BitcoinFile file)
    {
        if (!BitcoinNetwork.TryFind(file.Network, out BitcoinNetwork? network))
        {
            throw new NodeFolderException($"node.json: bitcoin.network is main, testnet4, signet or regtest, not '{file.Network}'.");
        }

        if (!Uri.TryCreate(file.Rpc, UriKind.Absolute, out Uri? address))
        {
            throw new NodeFolderException($"node.json: bitcoin.rpc is no address: '{file.Rpc}'.");
        }

        _network = network;
        _rpc = new BitcoinRpc(new BitcoinRpcOptions { Address = address, Credentials = CredentialsOf(file), Wallet = file.Wallet });
        _wallet = new AnchorWallet(_rpc);
        _proofs = new SpvProofBuilder(_rpc);
    }

    public string Network => _network.Name;

    public void Dispose() => _rpc.Dispose();

    public async Task<uint> HeightAsync(CancellationToken stop)
    {
        BlockchainInfo info = Value(await _rpc.GetBlockchainInfoAsync(stop).ConfigureAwait(false));
        if (info.Network != _network.Name)
        {
            throw new BitcoinException(
                $"The Bitcoin daemon at {_rpc.Address} is on {info.Network}, this chain anchors on {_network}: change node.json. Records settle, anchors wait.");
        }

        return info.Height.Value;
    }

    public async Task<AnchorTransactionBytes> BuildAsync(BlockId block, CancellationToken stop)
    {
        // The daemon may have restarted since, and forgotten which wallets were open.
        Value(await _rpc.OpenWalletAsync(create: false, stop).ConfigureAwait(false));
        AnchorTransaction built = Value(await _wallet.BuildAsync(block, rate: null, stop).ConfigureAwait(false));
        return new AnchorTransactionBytes(built.Id.Value, built.Raw, built.Stripped);
    }

    public async Task SendAsync(AnchorTransactionBytes transaction, CancellationToken stop)
    {
        BitcoinResult<BitcoinTransactionId> sent = await _rpc.SendRawTransactionAsync(transaction.Raw, stop).ConfigureAwait(false);
        if (sent.Error is not { Kind: BitcoinErrorKind.AlreadyMined })
        {
            Value(sent);
        }
    }

    public async Task<(TransactionStanding Standing, uint Confirmations, Digest? Block)> StatusAsync(Digest transaction, CancellationToken stop)
    {
        Value(await _rpc.OpenWalletAsync(create: false, stop).ConfigureAwait(false));
        AnchorStatus status = Value(await _wallet.FindAsync(new BitcoinTransactionId(transaction), stop).ConfigureAwait(false));
        TransactionStanding standing = status.State switch
        {
            AnchorState.Mined => TransactionStanding.InBlock,
            AnchorState.Waiting => TransactionStanding.InMempool,
            AnchorState.Replaced => TransactionStanding.Replaced,
            _ => TransactionStanding.Dropped,
        };
        return (standing, (uint)status.Confirmations, status.Block?.Value);
    }

    public async Task<AnchorProofBytes> ProofAsync(BlockId block, Digest transaction, Digest bitcoinBlock, CancellationToken stop)
    {
        SpvProof proof = Value(await _proofs.BuildAsync(
            _network, block, new BitcoinTransactionId(transaction), new BitcoinBlockHash(bitcoinBlock), stop).ConfigureAwait(false));
        return BitcoinHeader.TryParse(proof.Header.Span, out BitcoinHeader? header, out SpvError error)
            ? new AnchorProofBytes(bitcoinBlock, proof.Height.Value, header.Time, proof.Index.Value, proof.Branch, proof.Header)
            : throw new InvalidOperationException($"A proof that was checked has no readable header: {error}.");
    }

    private static RpcCredentials CredentialsOf(BitcoinFile file) =>
        file.Cookie is { } cookie ? new RpcCredentials.CookieFile(cookie)
        : file is { User: { } user, Password: { } password } ? new RpcCredentials.Password(user, password)
        : throw new NodeFolderException("node.json: bitcoin needs user and password, or cookie.");

    private T Value<T>(BitcoinResult<T> result)
        where T : notnull =>
        result.IsSuccess
            ? result.Value
            : throw new BitcoinException($"The Bitcoin daemon at {_rpc.Address}: {result.Error!.Message} Records settle, anchors wait.");
}
