using System.Security.Cryptography;

namespace Ledger.Crypto.Providers;

/// <summary>
/// The operating system's ML-DSA. It draws its own randomness, the one thing in this project that is not an input, so
/// it hedges always. What it made is verified by our own code before anyone sees it: a signature that other nodes would
/// refuse, of a faulty library or a fault in its memory, never leaves. OpenSSL and CNG both sign under one key from
/// several threads, each with a context of its own.
/// </summary>
internal sealed class PlatformSigner : ISigner
{
    private readonly MLDsa _key;
    private readonly VerificationKey _verification;

    /// <param name="publicKey">1,952 bytes, written.</param>
    /// <exception cref="PlatformNotSupportedException">This machine has none.</exception>
    public PlatformSigner(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        if (!MLDsa.IsSupported)
        {
            throw new PlatformNotSupportedException(
                "The signer 'platform' needs an operating system with ML-DSA (on Linux: OpenSSL 3.5 or later), which "
                + "this one does not have. Choose 'auto' or 'managed'.");
        }

        _key = MLDsa.ImportMLDsaPrivateSeed(MLDsaAlgorithm.MLDsa65, seed);
        _key.ExportMLDsaPublicKey(publicKey);
        _verification = new VerificationKey(publicKey);
    }

    public void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer, Span<byte> signature)
    {
        if (!randomizer.ContainsAnyExcept((byte)0))
        {
            throw new NotSupportedException(
                "The platform hedges every signature; a deterministic one takes 'managed'.");
        }

        _key.SignData(message, signature);
        Check(_verification, message, signature);
    }

    /// <summary>Whether ours would accept what the platform made; wipes and throws where it would not.</summary>
    internal static void Check(VerificationKey key, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (!key.Verify(message, [], signature))
        {
            signature.Clear();
            throw new CryptographicException(
                "The platform made a signature that does not verify, and it was thrown away. Set crypto.signer to "
                + "'managed', and have the machine's memory and its cryptographic library examined.");
        }
    }

    public void Dispose() => _key.Dispose();
}
