using Ledger.Core;

namespace Ledger.Proofs.Spv;

/// <summary>
/// What a Ledger block leaves in Bitcoin: an output with the script <c>OP_RETURN</c>, push of 36 bytes,
/// <c>"OARL"</c>, block id. 38 bytes in all, no other spelling of the same push.
/// </summary>
public static class LedgerCommitment
{
    /// <summary>Bytes of the pushed data: four letters and the block id.</summary>
    public const int PayloadBytes = 36;

    /// <summary>Bytes of the script.</summary>
    public const int ScriptBytes = 38;

    /// <summary>Where the block id begins in the script.</summary>
    public const int BlockIdOffset = 6;

    // OP_RETURN, a direct push of 36 bytes, "OARL".
    private static ReadOnlySpan<byte> Prefix => [0x6a, PayloadBytes, 0x4f, 0x41, 0x52, 0x4c];

    /// <summary>The 36 bytes that go behind OP_RETURN, as wallets want them.</summary>
    public static byte[] Payload(BlockId block) => [.. Prefix[2..], .. block.Value.Span];

    /// <summary>The whole script.</summary>
    public static byte[] Script(BlockId block) => [.. Prefix, .. block.Value.Span];

    /// <summary>True for a script that is exactly a commitment.</summary>
    public static bool TryRead(ReadOnlySpan<byte> script, out BlockId block)
    {
        bool read = script.Length == ScriptBytes && script.StartsWith(Prefix);
        block = read ? new BlockId(new Digest(script[BlockIdOffset..])) : default;
        return read;
    }

    /// <summary>Looks for the output that commits to <paramref name="block"/>; others may stand beside it.</summary>
    /// <param name="offset">Where the block id begins in the transaction's bytes.</param>
    public static bool TryFind(BitcoinTransaction transaction, BlockId block, out int offset, out SpvError error)
    {
        var fault = SpvFault.CommitmentMissing;
        offset = 0;
        foreach (BitcoinOutput output in transaction.Outputs)
        {
            if (!TryRead(output.Script.Span, out BlockId committed))
            {
                continue;
            }

            if (committed == block)
            {
                offset = output.ScriptOffset + BlockIdOffset;
                error = default;
                return true;
            }

            fault = SpvFault.CommitmentToAnotherBlock;
            offset = output.ScriptOffset + BlockIdOffset;
        }

        error = new SpvError(fault, offset);
        return false;
    }
}
