namespace Ledger.Core.Tests.Cbor;

/// <summary>One small change to some bytes, never none.</summary>
internal static class Mutation
{
    public static byte[] Of(byte[] bytes, Random random)
    {
        byte[] mutated = Change(bytes, random);
        return mutated.AsSpan().SequenceEqual(bytes) ? Flip(bytes, random) : mutated;
    }

    private static byte[] Change(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length);
        int to = random.Next(at, Math.Min(bytes.Length, at + 64));
        return random.Next(8) switch
        {
            0 => Flip(bytes, random),
            1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
            2 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
            3 => [.. bytes[..at], .. bytes[to..]],
            4 => bytes[..at],
            5 => [.. bytes[..to], .. bytes[at..to], .. bytes[to..]],
            6 => [.. bytes[..at], Interesting[random.Next(Interesting.Length)], .. bytes[(at + 1)..]],
            _ => [.. bytes, .. bytes[at..to], (byte)random.Next(256)],
        };
    }

    /// <summary>Heads that change how what follows is read.</summary>
    private static byte[] Interesting { get; } =
        [0x00, 0x17, 0x18, 0x1b, 0x1f, 0x40, 0x5b, 0x5f, 0x60, 0x7f, 0x80, 0x9b, 0xa0, 0xbb, 0xc0, 0xd2, 0xf6, 0xf7,
            0xfb, 0xff];

    private static byte[] Flip(byte[] bytes, Random random)
    {
        byte[] flipped = [.. bytes];
        if (flipped.Length == 0)
        {
            return [0];
        }

        flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }
}
