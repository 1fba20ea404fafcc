namespace Ledger.Core;

/// <summary>Copies of bytes that are not cleared before they are written: large ones cost half.</summary>
public static class ByteCopy
{
    /// <summary>The caller's own array.</summary>
    public static byte[] Of(ReadOnlySpan<byte> bytes) => Of([], bytes);

    /// <summary>The caller's own array, of one after the other.</summary>
    public static byte[] Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        byte[] copy = GC.AllocateUninitializedArray<byte>(checked(first.Length + second.Length));
        first.CopyTo(copy);
        second.CopyTo(copy.AsSpan(first.Length));
        return copy;
    }
}
