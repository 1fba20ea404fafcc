using Ledger.Bitcoin.Blocks;
using Ledger.Bitcoin.Rpc;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin;

/// <summary>Makes proofs out of what a Bitcoin node serves, and believes none of it before the verifier does.</summary>
public sealed class SpvProofBuilder(BitcoinRpc rpc)
{
    private const string Step = "proof";

    /// <summary>
    /// The proof that a Bitcoin block commits to a Ledger block. It has passed <see cref="SpvProof.TryVerify"/> against
    /// the network's own limit when it is returned.
    /// </summary>
    /// <param name="network">What the daemon is configured for; a daemon on another network fails the proof.</param>
    /// <param name="block">The Ledger block.</param>
    /// <param name="transaction">The transaction that carries the commitment.</param>
    /// <param name="holder">The Bitcoin block that holds it, in the daemon's best chain.</param>
    public async Task<BitcoinResult<SpvProof>> BuildAsync(
        BitcoinNetwork network,
        BlockId block,
        BitcoinTransactionId transaction,
        BitcoinBlockHash holder,
        CancellationToken stop = default)
    {
        if (!(await rpc.GetBlockPositionAsync(holder, stop)).TryGet(
            out BlockPosition? position, out BitcoinError? error))
        {
            return error;
        }

        if (position.Confirmations == 0)
        {
            return new BitcoinError(
                BitcoinErrorKind.NotFound, Step, $"Bitcoin block {holder} is not in the best chain any more.");
        }

        if (!(await rpc.GetRawBlockAsync(holder, stop)).TryGet(out byte[]? bytes, out error))
        {
            return error;
        }

        if (!RawBlock.TryParse(bytes, out RawBlock? raw, out SpvError fault))
        {
            return Inconsistent($"Bitcoin block {holder}: {fault}.");
        }

        if (raw.Header.Hash != holder)
        {
            return Inconsistent($"Asked for Bitcoin block {holder}, got {raw.Header.Hash}.");
        }

        if (!raw.TryProve(transaction, position.Height, out SpvProof? proof))
        {
            return new BitcoinError(
                BitcoinErrorKind.NotFound, Step, $"Bitcoin block {holder} does not hold transaction {transaction}.");
        }

        // Held to the limit only: whether an old header is below a floor that rose since is the verifier's business.
        return proof.TryVerify(network, block, SelfLink(network, raw.Header), out _, out fault)
            ? proof
            : Inconsistent($"The proof of transaction {transaction} does not hold: {fault}.");
    }

    private static CheckpointLink? SelfLink(BitcoinNetwork network, BitcoinHeader header) =>
        HeaderChain.TryParse(header.Bytes.Span, network, out HeaderChain? chain, out _)
            ? new CheckpointLink(chain, header.Hash)
            : null;

    private static BitcoinError Inconsistent(string message) =>
        new(BitcoinErrorKind.InconsistentReply, Step, message);
}
