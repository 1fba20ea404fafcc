using Ledger.Anchoring;
using Ledger.Core;

namespace Ledger.Runtime.Ports;

/// <summary>The operator's Bitcoin node and its wallet. Every failure is a <see cref="BitcoinException"/>; all calls may be repeated.</summary>
public interface IBitcoin
{
    /// <summary>main, testnet4, signet or regtest.</summary>
    string Network { get; }

    /// <summary>Height of its best chain.</summary>
    Task<uint> HeightAsync(CancellationToken stop);

    /// <summary>A signed transaction that commits to the block; nothing is sent.</summary>
    Task<AnchorTransactionBytes> BuildAsync(BlockId block, CancellationToken stop);

    /// <summary>Hands it to the network; one that is known or mined already is a success.</summary>
    Task SendAsync(AnchorTransactionBytes transaction, CancellationToken stop);

    Task<(TransactionStanding Standing, uint Confirmations, Digest? Block)> StatusAsync(Digest transaction, CancellationToken stop);

    /// <summary>Checked against <paramref name="block"/> before it is returned.</summary>
    Task<AnchorProofBytes> ProofAsync(BlockId block, Digest transaction, Digest bitcoinBlock, CancellationToken stop);
}

/// <param name="message">One sentence for an operator: what is wrong and what goes on meanwhile.</param>
public sealed class BitcoinException(string message) : Exception(message);
