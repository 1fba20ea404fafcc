using System.Text;
using Ledger.Core.Hashing;

namespace Ledger.Crypto.Tests;

/// <summary>Bytes that look random and are the same on every machine.</summary>
internal static class Pattern
{
    public static byte[] Bytes(string label, int length)
    {
        byte[] bytes = new byte[length];
        Sha3.Shake256(Encoding.UTF8.GetBytes(label), bytes);
        return bytes;
    }
}
