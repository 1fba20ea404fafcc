using System.Security.Cryptography;
using System.Text;

namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>What an operation does to a message; the value is the byte that stands for it.</summary>
public enum OtsOpcode
{
    Sha1 = 0x02,
    Ripemd160 = 0x03,
    Sha256 = 0x08,
    Keccak256 = 0x67,
    Append = 0xf0,
    Prepend = 0xf1,
    Reverse = 0xf2,
    Hexlify = 0xf3,
}

/// <summary>One step of a proof: a message in, a longer or a hashed one out.</summary>
/// <param name="Argument">For append and prepend, 1 to 4,096 bytes; empty for all others.</param>
public readonly record struct OtsOperation(OtsOpcode Code, ReadOnlyMemory<byte> Argument)
{
    public static OtsOperation Sha256 => new(OtsOpcode.Sha256, default);

    public static OtsOperation Append(ReadOnlyMemory<byte> suffix) => new(OtsOpcode.Append, suffix);

    public static OtsOperation Prepend(ReadOnlyMemory<byte> prefix) => new(OtsOpcode.Prepend, prefix);

    /// <summary>Whether the operation carries an argument.</summary>
    public bool HasArgument => Code is OtsOpcode.Append or OtsOpcode.Prepend;

    /// <summary>Applies the operation; a result over the limit and an unsupported hash are faults.</summary>
    public bool TryApply(ReadOnlySpan<byte> message, out byte[] result, out OtsFault fault)
    {
        int length = Code switch
        {
            OtsOpcode.Append or OtsOpcode.Prepend => message.Length + Argument.Length,
            OtsOpcode.Hexlify => 2 * message.Length,
            _ => 0,
        };
        fault = Code is OtsOpcode.Ripemd160 or OtsOpcode.Keccak256
            ? OtsFault.OperationNotSupported
            : length > OtsLimits.ResultBytes ? OtsFault.ResultTooLong : OtsFault.None;
        result = fault == OtsFault.None ? Apply(message) : [];
        return fault == OtsFault.None;
    }

    public bool Equals(OtsOperation other) =>
        Code == other.Code && Argument.Span.SequenceEqual(other.Argument.Span);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Code);
        hash.AddBytes(Argument.Span);
        return hash.ToHashCode();
    }

    public override string ToString() =>
        HasArgument ? $"{Code} {Convert.ToHexStringLower(Argument.Span)}" : Code.ToString();

    /// <summary>
    /// The order in which the reference implementation writes operations: by opcode, then by argument.
    /// </summary>
    internal static int Compare(OtsOperation left, OtsOperation right) => left.Code == right.Code
        ? left.Argument.Span.SequenceCompareTo(right.Argument.Span)
        : left.Code.CompareTo(right.Code);

    private byte[] Apply(ReadOnlySpan<byte> message)
    {
        switch (Code)
        {
            case OtsOpcode.Sha256:
                return SHA256.HashData(message);
            case OtsOpcode.Sha1:
#pragma warning disable CA5350 // Old proofs use it; for dating, a collision does no harm.
                return SHA1.HashData(message);
#pragma warning restore CA5350
            case OtsOpcode.Append:
                return [.. message, .. Argument.Span];
            case OtsOpcode.Prepend:
                return [.. Argument.Span, .. message];
            case OtsOpcode.Hexlify:
                return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(message));
            case OtsOpcode.Reverse:
                byte[] reversed = message.ToArray();
                Array.Reverse(reversed);
                return reversed;
            default:
                throw new InvalidOperationException($"No such operation: {Code}.");
        }
    }
}
