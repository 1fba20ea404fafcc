using System.Security.Cryptography;
using Xunit.Sdk;

namespace Ledger.Crypto.Tests.Interop;

/// <summary>
/// The test assembly run as a program, on a system that has ML-DSA: "agree", or the name of a fault for
/// <see cref="PlatformChecks.Break"/>. Exit codes: 0 all is well, 1 a signature was thrown away, 2 the two differ,
/// 3 this system has no ML-DSA.
/// </summary>
internal static class PlatformHost
{
    internal const int ThrownAway = 1;
    internal const int Differ = 2;
    internal const int Missing = 3;

    private static int Main(string[] arguments)
    {
        if (!MLDsa.IsSupported)
        {
            return Missing;
        }

        try
        {
            if (arguments is ["agree"])
            {
                long version = SafeEvpPKeyHandle.OpenSslVersion;
                Console.WriteLine($"{PlatformChecks.Run()}; OpenSSL {version >> 28}.{(version >> 20) & 255}");
            }
            else
            {
                PlatformChecks.Break(arguments.Single());
            }

            return 0;
        }
        catch (CryptographicException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return ThrownAway;
        }
        catch (XunitException exception)
        {
            Console.Error.WriteLine(exception);
            return Differ;
        }
    }
}
