using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Blocks;

/// <summary>Which outputs of earlier transactions a transaction spends.</summary>
internal static class SpentCoins
{
    private const int OutpointBytes = 36;

    /// <param name="raw">Serialization with or without witness.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> raw,
        out ImmutableArray<(BitcoinTransactionId Transaction, uint Output)> coins)
    {
        coins = [];
        if (!WitnessTransaction.TryStrip(raw, out byte[] stripped, out _))
        {
            return false;
        }

        var reader = new BitcoinReader(stripped, 4);
        bool read = reader.TryReadCount(OutpointBytes, SpvFault.TooManyInputs, out int inputs);
        ImmutableArray<(BitcoinTransactionId, uint)>.Builder found =
            ImmutableArray.CreateBuilder<(BitcoinTransactionId, uint)>(inputs);
        for (int i = 0; i < inputs && read; i++)
        {
            read = TryReadInput(ref reader, out (BitcoinTransactionId, uint) coin);
            found.Add(coin);
        }

        coins = read ? found.ToImmutable() : [];
        return read;
    }

    private static bool TryReadInput(ref BitcoinReader reader, out (BitcoinTransactionId, uint) coin)
    {
        coin = default;
        if (!reader.TryRead(Digest.Size, out ReadOnlySpan<byte> id)
            || !reader.TryReadUInt32(out uint output)
            || !reader.TryReadString(out _)
            || !reader.TryReadUInt32(out _))
        {
            return false;
        }

        coin = (new BitcoinTransactionId(new Digest(id)), output);
        return true;
    }
}
