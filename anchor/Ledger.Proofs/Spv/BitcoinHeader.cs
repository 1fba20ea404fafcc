using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Ledger.Core;

namespace Ledger.Proofs.Spv;

/// <summary>The 80 bytes that Bitcoin's proof of work is made over.</summary>
public sealed class BitcoinHeader
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 80;

    private const int BitsOffset = 72;

    private readonly byte[] _bytes;

    private BitcoinHeader(byte[] bytes)
    {
        _bytes = bytes;
        Hash = BitcoinBlockHash.Of(bytes);
    }

    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Double SHA-256 of the 80 bytes.</summary>
    public BitcoinBlockHash Hash { get; }

    /// <summary>Hash of the header before; 32 zero bytes in the genesis block.</summary>
    public BitcoinBlockHash Previous => new(new Digest(_bytes.AsSpan(4, Digest.Size)));

    /// <summary>Root of the Merkle tree over the transaction ids.</summary>
    public Digest MerkleRoot => new(_bytes.AsSpan(36, Digest.Size));

    /// <summary>
    /// What the miner wrote, in whole seconds; Bitcoin's rules keep it within about two hours of true.
    /// </summary>
    public UnixTime Time => new(1_000UL * BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(68)));

    public CompactTarget Target => new(BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(BitsOffset)));

    /// <summary>
    /// Reads exactly 80 bytes. Any such bytes are a header; whether it cost anything is another question.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out BitcoinHeader? header,
        out SpvError error)
    {
        bool read = bytes.Length == Size;
        error = read ? default : new SpvError(SpvFault.HeaderLength, Math.Min(bytes.Length, Size));
        header = read ? new BitcoinHeader(bytes.ToArray()) : null;
        return read;
    }

    /// <summary>Checks the hash against the target that the header itself states.</summary>
    /// <param name="target">The target in full.</param>
    public bool MeetsTarget(out BigInteger target, out SpvError error)
    {
        if (!Target.TryExpand(out target, out SpvFault fault))
        {
            error = new SpvError(fault, BitsOffset);
            return false;
        }

        // Bitcoin reads the hash as a little-endian number.
        bool met = new BigInteger(Hash.Value.Span, isUnsigned: true, isBigEndian: false) <= target;
        error = met ? default : new SpvError(SpvFault.WorkMissing, 0);
        return met;
    }

    /// <summary>Checks the work, and that the network's rules allow a target as easy as this.</summary>
    public bool MeetsLimit(BitcoinNetwork network, out BigInteger target, out SpvError error) =>
        MeetsTarget(out target, out error) && NoEasier(target, network.Limit, SpvFault.TargetAboveLimit, out error);

    /// <summary>Checks the work, and that forging it costs at least what the network's floor demands.</summary>
    public bool MeetsFloor(BitcoinNetwork network, out BigInteger target, out SpvError error) =>
        MeetsLimit(network, out target, out error)
        && NoEasier(target, network.Floor, SpvFault.TargetAboveFloor, out error);

    public override string ToString() => Hash.ToString();

    private static bool NoEasier(BigInteger target, BigInteger bound, SpvFault fault, out SpvError error)
    {
        error = target <= bound ? default : new SpvError(fault, BitsOffset);
        return target <= bound;
    }
}
