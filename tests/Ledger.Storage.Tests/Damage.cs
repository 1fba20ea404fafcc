namespace Ledger.Storage.Tests;

/// <summary>What disks, file systems and people do to files.</summary>
internal static class Damage
{
    internal static void Flip(string path, long offset, byte mask = 0x10)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        Assert.True(value >= 0, $"{path} has no byte {offset}");
        file.Position = offset;
        file.WriteByte((byte)(value ^ mask));
    }

    internal static void Cut(string path, long bytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(file.Length - bytes);
    }

    internal static void Zero(string path, long offset, int count)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        file.Write(new byte[Math.Min(count, file.Length - offset)]);
    }

    internal static void Append(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write);
        file.Write(bytes);
    }
}
