using System.Numerics;
using System.Security.Cryptography;

namespace Ledger.Network.Identity;

/// <summary>
/// What the platform's ECDSA leaves open for the curve secp256k1 (SEC 2 §2.4.1): compressed points, and signatures of
/// which each has one form, the one whose S is at most half the order (BIP 62).
/// </summary>
internal static class Secp256k1
{
    public const int ScalarBytes = 32;
    public const int CompressedBytes = 33;

    private static readonly BigInteger Prime =
        (BigInteger.One << 256) - (BigInteger.One << 32) - 977;

    private static readonly BigInteger Order = BigInteger.Parse(
        "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141",
        System.Globalization.NumberStyles.HexNumber);

    private static readonly BigInteger HalfOrder = Order / 2;

    public static ECCurve Curve { get; } = ECCurve.CreateFromFriendlyName("secp256k1");

    /// <summary>A secret number is from 1 to the order less one.</summary>
    public static bool IsScalar(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != ScalarBytes)
            return false;
        BigInteger value = Read(bytes);
        return !value.IsZero && value < Order;
    }

    public static byte[] Compress(ECPoint point) => [(byte)(2 + (point.Y![^1] & 1)), .. point.X!];

    /// <summary>Finds the point of a compressed form, if the curve has it (SEC 1 §2.3.4).</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> compressed, out ECPoint point)
    {
        point = default;
        if (compressed.Length != CompressedBytes || compressed[0] is not (2 or 3))
            return false;
        BigInteger x = Read(compressed[1..]);
        if (x >= Prime)
            return false;
        BigInteger square = (BigInteger.ModPow(x, 3, Prime) + 7) % Prime;
        // The prime is 3 modulo 4, so a root, if there is one, is this power.
        BigInteger y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        if (BigInteger.ModPow(y, 2, Prime) != square)
            return false;
        if (y.IsEven != (compressed[0] == 2))
            y = Prime - y;
        point = new ECPoint { X = compressed[1..].ToArray(), Y = Write(y) };
        return true;
    }

    /// <summary>An ECDSA signature over SHA-256 in DER, S in the lower half.</summary>
    public static byte[] Sign(ECDsa key, ReadOnlySpan<byte> message)
    {
        byte[] signature = key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        BigInteger s = Read(signature.AsSpan(ScalarBytes));
        if (s > HalfOrder)
            Write(Order - s).CopyTo(signature, ScalarBytes);
        return Der.WriteSignature(signature.AsSpan(0, ScalarBytes), signature.AsSpan(ScalarBytes));
    }

    /// <summary>Judges a signature in DER; one whose S is in the upper half is none.</summary>
    public static bool Verify(ReadOnlySpan<byte> compressed, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> fixedForm = stackalloc byte[2 * ScalarBytes];
        if (!TryDecompress(compressed, out ECPoint point)
            || !Der.TryReadSignature(signature, ScalarBytes, fixedForm)
            || Read(fixedForm[ScalarBytes..]) > HalfOrder)
        {
            return false;
        }
        using ECDsa key = ECDsa.Create(new ECParameters { Curve = Curve, Q = point });
        return key.VerifyData(
            message, fixedForm, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static BigInteger Read(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Write(BigInteger value)
    {
        byte[] target = new byte[ScalarBytes];
        byte[] bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(target, ScalarBytes - bytes.Length);
        return target;
    }
}
