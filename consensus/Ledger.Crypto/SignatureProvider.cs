using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Ledger.Crypto;

/// <summary>
/// Who makes signatures, <c>crypto.signer</c> in the settings. It changes no byte that anyone checks: each makes sound
/// ML-DSA-65 signatures, and verification is this project's own code whatever is chosen.
/// </summary>
public enum SignatureProvider
{
    /// <summary>
    /// The faster one on this machine, by the measurements in <c>consensus/decisions/signature-provider.md</c>.
    /// </summary>
    Auto,

    /// <summary>This project's own code, on every machine.</summary>
    Managed,

    /// <summary>
    /// The operating system's, for who must sign inside a certified module. Needs OpenSSL 3.5 or later on Linux.
    /// </summary>
    Platform,
}

/// <summary>The words for providers, and which of them this machine has.</summary>
public static class SignatureProviders
{
    /// <summary>The words that settings may hold.</summary>
    public const string Words = "auto, managed or platform";

    /// <summary>Whether the operating system signs ML-DSA at all.</summary>
    public static bool IsPlatformSupported => MLDsa.IsSupported;

    /// <summary>Reads a word of a setting, in this spelling alone.</summary>
    public static bool TryParse([NotNullWhen(true)] string? word, out SignatureProvider provider)
    {
        (bool known, provider) = word switch
        {
            "auto" => (true, SignatureProvider.Auto),
            "managed" => (true, SignatureProvider.Managed),
            "platform" => (true, SignatureProvider.Platform),
            _ => (false, default),
        };
        return known;
    }

    /// <summary>
    /// What <see cref="SignatureProvider.Auto"/> stands for here. OpenSSL takes seven to twelve times as long as our
    /// vectors, and more than twice as long as our plain arithmetic; so the platform's is never the faster one.
    /// </summary>
    internal static SignatureProvider Resolve(SignatureProvider provider) =>
        provider == SignatureProvider.Auto ? SignatureProvider.Managed : provider;
}
