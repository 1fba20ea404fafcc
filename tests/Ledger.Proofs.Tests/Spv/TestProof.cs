using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Tests.Spv;

/// <summary>Small Bitcoin blocks with a Ledger commitment, mined on the spot.</summary>
internal static class TestProof
{
    /// <summary>65,536 hashes on average: soon mined, and too rare for a changed byte to meet by chance.</summary>
    public const uint Bits = 0x1f00ffff;

    public static BlockId Block { get; } = new(Digest.Of("block"u8));

    /// <summary>Limit and floor of a network that a test makes up.</summary>
    public static (BigInteger Limit, BigInteger Floor) Bounds(uint limit, uint floor) => (Expand(limit), Expand(floor));

    /// <summary>One input, a change output and the commitment; as a wallet writes it, without the witness.</summary>
    public static byte[] Transaction(BlockId block) => Transaction(Change(), Output(0, LedgerCommitment.Script(block)));

    public static byte[] Transaction(params byte[][] outputs) =>
    [
        2, 0, 0, 0,
        1, .. Digest.Of("outpoint"u8).Span, 1, 0, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff,
        (byte)outputs.Length, .. outputs.SelectMany(output => output),
        0, 0, 0, 0,
    ];

    public static byte[] Change() => Output(4_999_990_000, [0, 20, .. Digest.Of("change"u8).Span[..20]]);

    public static byte[] Output(long amount, byte[] script)
    {
        byte[] value = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, amount);
        return [.. value, (byte)script.Length, .. script];
    }

    /// <summary>A proof for <see cref="Block"/> in a block of <paramref name="count"/> transactions.</summary>
    public static SpvProof Make(int count = 5, uint index = 2, uint bits = Bits, byte[]? transaction = null)
    {
        transaction ??= Transaction(Block);
        BitcoinTransactionId[] ids = Enumerable.Range(0, count)
            .Select(i => new BitcoinTransactionId(Digest.Of(BitConverter.GetBytes(i))))
            .ToArray();
        ids[index] = BitcoinTransactionId.Of(transaction);
        ImmutableArray<Digest> branch = MerkleBranch.Build(ids, new TransactionIndex(index), out Digest root);
        return new SpvProof(
            transaction,
            new TransactionIndex(index),
            branch,
            Mine(root.ToArray(), bits),
            new BitcoinHeight(7));
    }

    /// <summary>80 bytes over the root whose hash meets the target.</summary>
    public static byte[] Mine(byte[] root, uint bits, Digest previous = default)
    {
        byte[] header = new byte[BitcoinHeader.Size];
        header[0] = 4;
        previous.CopyTo(header.AsSpan(4));
        root.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), 1_700_000_000);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), bits);
        BigInteger target = Expand(bits);
        Span<byte> hash = stackalloc byte[32];
        for (uint nonce = 0; ; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
            SHA256.HashData(header, hash);
            SHA256.HashData(hash, hash);
            if (hash[31] == 0 || bits >> 24 > 0x1f)
            {
                if (new BigInteger(hash, isUnsigned: true) <= target)
                {
                    return header;
                }
            }
        }
    }

    private static BigInteger Expand(uint bits)
    {
        Assert.True(new CompactTarget(bits).TryExpand(out BigInteger target, out _));
        return target;
    }
}
