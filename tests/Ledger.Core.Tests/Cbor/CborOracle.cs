using System.Numerics;
using System.Text;

namespace Ledger.Core.Tests.Cbor;

/// <summary>
/// The same rules a second time, written the slow and obvious way from RFC 8949 §4.2.1 and the specification:
/// recursive, with exceptions, re-encoding every head to see whether it was the shortest. What it says must be what the
/// reader says.
/// </summary>
internal static class CborOracle
{
    private static readonly BigInteger IntegerMax = BigInteger.Pow(2, 53) - 1;

    public static bool Accepts(byte[] bytes)
    {
        try
        {
            int position = 0;
            Item(bytes, ref position, depth: 0);
            return position == bytes.Length;
        }
        catch (Exception refused) when (refused
            is FormatException or IndexOutOfRangeException or DecoderFallbackException)
        {
            return false;
        }
    }

    private static void Item(byte[] bytes, ref int position, int depth)
    {
        int major = bytes[position] >> 5;
        if (major == 7)
        {
            Require(bytes[position] is 0xf4 or 0xf5 or 0xf6);
            position++;
            return;
        }

        BigInteger argument = Head(bytes, ref position);
        switch (major)
        {
            case 0:
                Require(argument <= IntegerMax);
                break;
            case 1:
                Require(argument + 1 <= IntegerMax);
                break;
            case 2:
                Take(bytes, ref position, argument);
                break;
            case 3:
                new UTF8Encoding(false, true).GetString(Take(bytes, ref position, argument));
                break;
            case 4:
                Require(depth < 8);
                for (BigInteger i = 0; i < argument; i++)
                {
                    Item(bytes, ref position, depth + 1);
                }

                break;
            case 5:
                Require(depth < 8);
                Members(bytes, ref position, depth, argument);
                break;
            default:
                throw new FormatException();
        }
    }

    private static void Members(byte[] bytes, ref int position, int depth, BigInteger count)
    {
        string? previous = null;
        for (BigInteger i = 0; i < count; i++)
        {
            int start = position;
            Require(bytes[position] >> 5 == 3);
            Item(bytes, ref position, depth + 1);

            // Hexadecimal keeps the order of bytes.
            string key = Convert.ToHexString(bytes[start..position]);
            Require(previous is null || string.CompareOrdinal(previous, key) < 0);
            previous = key;
            Item(bytes, ref position, depth + 1);
        }
    }

    private static BigInteger Head(byte[] bytes, ref int position)
    {
        int start = position;
        int info = bytes[position++] & 0x1f;
        Require(info < 28);
        BigInteger argument = info;
        if (info >= 24)
        {
            argument = 0;
            for (int left = 1 << (info - 24); left > 0; left--)
            {
                argument = (argument * 256) + bytes[position++];
            }
        }

        int shortest = argument < 24 ? 1 : argument < 256 ? 2 : argument < 65536 ? 3 : argument < BigInteger.Pow(2, 32)
            ? 5 : 9;
        Require(position - start == shortest);
        return argument;
    }

    private static byte[] Take(byte[] bytes, ref int position, BigInteger length)
    {
        Require(length <= bytes.Length - position);
        byte[] taken = bytes[position..(position + (int)length)];
        position += (int)length;
        return taken;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException();
        }
    }
}
