using System.Security.Cryptography;
using System.Text;
using Ledger.Crypto;

namespace Ledger.Records.Tests.TestKit;

/// <summary>Signing keys from the names of their owners: the same at every run.</summary>
internal static class Keys
{
    private static readonly Dictionary<string, SigningKey> Known = [];

    public static ReadOnlySpan<byte> NoRandomness => new byte[32];

    public static SigningKey Of(string name)
    {
        lock (Known)
        {
            if (!Known.TryGetValue(name, out SigningKey? key))
            {
                Known[name] = key = SigningKey.FromSeed(Seed(name));
            }

            return key;
        }
    }

    public static byte[] Seed(string name) => SHA256.HashData(Encoding.UTF8.GetBytes("oar test key " + name));
}
