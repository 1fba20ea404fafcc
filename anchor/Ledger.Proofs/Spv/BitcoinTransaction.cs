using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Ledger.Proofs.Spv;

/// <summary>An amount in units of 10^-8 bitcoin.</summary>
public readonly record struct Satoshi(long Value) : IComparable<Satoshi>
{
    /// <summary>21 million bitcoin: no output can hold more.</summary>
    public const long Maximum = 2_100_000_000_000_000;

    public int CompareTo(Satoshi other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

/// <summary>One output of a transaction.</summary>
/// <param name="Script">The locking script, a slice of the transaction's bytes.</param>
/// <param name="ScriptOffset">Where the script begins in the transaction's bytes.</param>
public readonly record struct BitcoinOutput(Satoshi Amount, ReadOnlyMemory<byte> Script, int ScriptOffset);

/// <summary>
/// A transaction in its serialization without witness, the bytes whose double SHA-256 is the transaction id (BIP 144).
/// </summary>
public sealed class BitcoinTransaction
{
    /// <summary>Bytes that a proof may hold: with branch and header it still fits into one record.</summary>
    public const int MaximumBytes = 50_000;

    /// <summary>Outpoint (36), empty script (1) and sequence (4).</summary>
    private const int LeastInputBytes = 41;

    /// <summary>Amount (8) and empty script (1).</summary>
    private const int LeastOutputBytes = 9;

    private BitcoinTransaction(byte[] bytes, int inputs, ImmutableArray<BitcoinOutput> outputs, uint lockTime)
    {
        Bytes = bytes;
        Inputs = inputs;
        Outputs = outputs;
        LockTime = lockTime;
        Id = BitcoinTransactionId.Of(bytes);
    }

    /// <summary>The serialization that was read.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    public BitcoinTransactionId Id { get; }

    /// <summary>How many outputs of earlier transactions this one spends.</summary>
    public int Inputs { get; }

    public ImmutableArray<BitcoinOutput> Outputs { get; }

    public uint LockTime { get; }

    /// <summary>
    /// Reads one whole transaction, to the last byte. 64 bytes are refused: the same bytes could be an inner node of
    /// the Merkle tree, two hashes side by side (CVE-2017-12842).
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> stripped,
        [NotNullWhen(true)] out BitcoinTransaction? transaction,
        out SpvError error)
    {
        transaction = null;
        error = stripped.Length switch
        {
            > MaximumBytes => new SpvError(SpvFault.TransactionTooLong, MaximumBytes),
            64 => new SpvError(SpvFault.TransactionOf64Bytes, 0),
            _ => default,
        };
        if (error.Fault != SpvFault.None)
        {
            return false;
        }

        byte[] bytes = stripped.ToArray();
        var reader = new BitcoinReader(bytes);
        if (!reader.TryReadUInt32(out _)
            || !TrySkipInputs(ref reader, out int inputs)
            || !TryReadOutputs(ref reader, bytes, out ImmutableArray<BitcoinOutput> outputs)
            || !reader.TryReadUInt32(out uint lockTime)
            || (!reader.AtEnd && !reader.Fail(SpvFault.TransactionTrailingBytes, reader.Position)))
        {
            error = reader.Error;
            return false;
        }

        transaction = new BitcoinTransaction(bytes, inputs, outputs, lockTime);
        return true;
    }

    /// <summary>
    /// Reads over the inputs, which a commitment does not depend on. None at all is also how a witness begins.
    /// </summary>
    public static bool TrySkipInputs(ref BitcoinReader reader, out int inputs)
    {
        int start = reader.Position;
        if (!reader.TryReadCount(LeastInputBytes, SpvFault.TooManyInputs, out inputs))
        {
            return false;
        }

        if (inputs == 0)
        {
            return reader.Fail(SpvFault.NoInputs, start);
        }

        for (int input = 0; input < inputs; input++)
        {
            if (!reader.TryRead(36, out _) || !reader.TryReadString(out _) || !reader.TryReadUInt32(out _))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads over the outputs.</summary>
    public static bool TrySkipOutputs(ref BitcoinReader reader)
    {
        if (!TryReadOutputCount(ref reader, out int count))
        {
            return false;
        }

        for (int output = 0; output < count; output++)
        {
            if (!TryReadOutput(ref reader, out _, out _))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadOutputs(
        ref BitcoinReader reader,
        ReadOnlyMemory<byte> bytes,
        out ImmutableArray<BitcoinOutput> outputs)
    {
        outputs = [];
        if (!TryReadOutputCount(ref reader, out int count))
        {
            return false;
        }

        ImmutableArray<BitcoinOutput>.Builder builder = ImmutableArray.CreateBuilder<BitcoinOutput>(count);
        for (int output = 0; output < count; output++)
        {
            if (!TryReadOutput(ref reader, out Satoshi amount, out int length))
            {
                return false;
            }

            int offset = reader.Position - length;
            builder.Add(new BitcoinOutput(amount, bytes.Slice(offset, length), offset));
        }

        outputs = builder.MoveToImmutable();
        return true;
    }

    private static bool TryReadOutputCount(ref BitcoinReader reader, out int count)
    {
        int start = reader.Position;
        return reader.TryReadCount(LeastOutputBytes, SpvFault.TooManyOutputs, out count)
            && (count > 0 || reader.Fail(SpvFault.NoOutputs, start));
    }

    private static bool TryReadOutput(ref BitcoinReader reader, out Satoshi amount, out int scriptLength)
    {
        amount = default;
        scriptLength = 0;
        int start = reader.Position;
        if (!reader.TryReadUInt64(out ulong value))
        {
            return false;
        }

        if (value > Satoshi.Maximum)
        {
            return reader.Fail(SpvFault.AmountOutOfRange, start);
        }

        if (!reader.TryReadString(out ReadOnlySpan<byte> script))
        {
            return false;
        }

        amount = new Satoshi((long)value);
        scriptLength = script.Length;
        return true;
    }
}
