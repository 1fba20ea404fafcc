namespace Ledger.Storage.Tests;

/// <summary>Bytes that look random and are a function of the seed.</summary>
internal static class Noise
{
    internal static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
