namespace Ledger.Network.Tests.TestKit;

/// <summary>Sound bytes with some changed, inserted, set to an edge, flipped or cut out.</summary>
internal static class Mutation
{
    public static byte[] Of(byte[] sound, int changes, Random random)
    {
        List<byte> bytes = [.. sound];
        for (int change = changes; change > 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 2:
                    bytes[at] = (byte)(random.Next(2) == 0 ? 0xff : 0);
                    break;
                case 3:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at - 1));
                    break;
            }
        }
        return [.. bytes];
    }
}
