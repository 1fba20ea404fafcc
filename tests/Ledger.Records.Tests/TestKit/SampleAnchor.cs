using System.Buffers.Binary;
using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Bodies;

namespace Ledger.Records.Tests.TestKit;

/// <summary>
/// An anchor in a Bitcoin block of two transactions, made up for a regtest: its proof folds, its header has the work.
/// </summary>
internal static class SampleAnchor
{
    public static CborMap Of(BlockId block)
    {
        byte[] script = [0x6a, 36, .. "OARL"u8, .. block.Value.Span];
        byte[] transaction =
        [
            2, 0, 0, 0,
            1, .. SHA256.HashData("a coin"u8), 0, 0, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff,
            1, .. new byte[8], (byte)script.Length, .. script,
            0, 0, 0, 0,
        ];
        Digest txid = Twice(transaction);
        Digest coinbase = Digest.Of("coinbase"u8);
        byte[] header = Mine(Twice([.. coinbase.Span, .. txid.Span]));
        BitcoinProof proof = new(transaction, 1, [coinbase], header, 102);
        return Body.Anchor(block, new Height(42), "regtest", txid, proof);
    }

    /// <summary>Half of all nonces fit regtest's target.</summary>
    private static byte[] Mine(Digest merkleRoot)
    {
        byte[] header = new byte[80];
        header[0] = 2;
        merkleRoot.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), 1_760_000_600);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), 0x207fffff);
        for (uint nonce = 0; Twice(header).Span[31] >= 0x7f; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
        }

        return header;
    }

    private static Digest Twice(ReadOnlySpan<byte> bytes) => new(SHA256.HashData(SHA256.HashData(bytes)));
}
