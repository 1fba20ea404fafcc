using System.Security.Cryptography;
using System.Text;
using Ledger.Crypto;

namespace Ledger.Client.Tests.TestKit;

/// <summary>Signing keys from the names of their owners: the same at every run.</summary>
internal static class Keys
{
    public static SigningKey Of(string name) =>
        SigningKey.FromSeed(SHA256.HashData(Encoding.UTF8.GetBytes("client test key " + name)));
}
