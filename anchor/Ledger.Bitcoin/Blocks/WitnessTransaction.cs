using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Blocks;

/// <summary>A transaction as it travels, with or without witness (BIP 144), and the bytes that its id covers.</summary>
public static class WitnessTransaction
{
    /// <summary>Reads one whole transaction, to the last byte.</summary>
    /// <param name="raw">Serialization with or without witness.</param>
    /// <param name="stripped">Serialization without.</param>
    public static bool TryStrip(ReadOnlySpan<byte> raw, out byte[] stripped, out SpvError error)
    {
        var reader = new BitcoinReader(raw);
        bool read = TryStrip(ref reader, raw, out stripped)
            && (reader.AtEnd || reader.Fail(SpvFault.TransactionTrailingBytes, reader.Position));
        error = reader.Error;
        return read;
    }

    /// <summary>
    /// Size in virtual bytes, by which fees are counted: a quarter of the weight, rounded up (BIP 141).
    /// </summary>
    public static int VirtualSize(int rawLength, int strippedLength) => ((3 * strippedLength) + rawLength + 3) / 4;

    /// <summary>Reads one transaction where the reader stands.</summary>
    internal static bool TryStrip(ref BitcoinReader reader, ReadOnlySpan<byte> document, out byte[] stripped)
    {
        stripped = [];
        int start = reader.Position;
        if (!reader.TryReadUInt32(out _))
        {
            return false;
        }

        // Where the count of inputs would stand, 0 marks a witness and 1 is the only flag defined.
        bool hasWitness = document[reader.Position..].StartsWith((ReadOnlySpan<byte>)[0, 1]);
        if (hasWitness && !reader.TryRead(2, out _))
        {
            return false;
        }

        int body = reader.Position;
        if (!BitcoinTransaction.TrySkipInputs(ref reader, out int inputs)
            || !BitcoinTransaction.TrySkipOutputs(ref reader))
        {
            return false;
        }

        int end = reader.Position;
        if ((hasWitness && !TrySkipWitness(ref reader, inputs)) || !reader.TryReadUInt32(out _))
        {
            return false;
        }

        stripped = [.. document.Slice(start, 4), .. document[body..end], .. document.Slice(reader.Position - 4, 4)];
        return true;
    }

    private static bool TrySkipWitness(ref BitcoinReader reader, int inputs)
    {
        for (int input = 0; input < inputs; input++)
        {
            if (!reader.TryReadCount(1, SpvFault.ScriptTooLong, out int items))
            {
                return false;
            }

            for (int item = 0; item < items; item++)
            {
                if (!reader.TryReadString(out _))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
