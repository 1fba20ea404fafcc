using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Crypto.Providers;

namespace Ledger.Crypto;

/// <summary>
/// A key pair that signs, by whichever provider was chosen, until it is disposed of, which wipes the secret. Pure mode,
/// empty context. Any number of threads may sign at the same time; disposing while one signs is the owner's mistake.
/// </summary>
public sealed class SigningKey : IDisposable
{
    private readonly byte[] _publicKey = new byte[MlDsa65.PublicKeyBytes];
    private readonly byte[] _derivation = GC.AllocateArray<byte>(SHA512.HashSizeInBytes, pinned: true);
    private readonly ISigner _signer;
    private bool _disposed;

    private SigningKey(ReadOnlySpan<byte> seed, SignatureProvider provider)
    {
        MlDsa65.Require(seed.Length, MlDsa65.SeedBytes, nameof(seed), nameof(FromSeed));
        Provider = SignatureProviders.Resolve(provider);
        _signer = Provider switch
        {
            SignatureProvider.Managed => new ManagedSigner(seed, _publicKey),
            SignatureProvider.Platform => new PlatformSigner(seed, _publicKey),
            _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, "No such provider."),
        };
        HKDF.Extract(HashAlgorithmName.SHA512, seed, "ledger/derive/1"u8, _derivation);
        Id = KeyId.Of(_publicKey);
    }

    /// <summary>A key of a substitute scheme.</summary>
    /// <param name="signer">Owned from here on.</param>
    internal SigningKey(ISigner signer, ReadOnlySpan<byte> publicKey)
    {
        _signer = signer;
        publicKey.CopyTo(_publicKey);
        Id = KeyId.Of(_publicKey);
    }

    public KeyId Id { get; }

    /// <summary>1,952 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>
    /// Who signs: <see cref="SignatureProvider.Managed"/> or <see cref="SignatureProvider.Platform"/>.
    /// </summary>
    public SignatureProvider Provider { get; }

    /// <param name="seed">32 secret bytes; the caller wipes them.</param>
    /// <param name="provider">Who signs: our own code unless told otherwise.</param>
    /// <exception cref="PlatformNotSupportedException">The platform's was asked for, and there is none.</exception>
    public static SigningKey FromSeed(
        ReadOnlySpan<byte> seed, SignatureProvider provider = SignatureProvider.Managed) => new(seed, provider);

    /// <param name="randomizer">
    /// 32 fresh random bytes; the platform draws its own in their place. 32 zero bytes ask for the deterministic
    /// signature, which the platform refuses to make.
    /// </param>
    /// <param name="signature">3,309 bytes, written.</param>
    public void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer, Span<byte> signature)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        MlDsa65.Require(randomizer.Length, MlDsa65.RandomizerBytes, nameof(randomizer));
        MlDsa65.Require(signature.Length, MlDsa65.SignatureBytes, nameof(signature));
        _signer.Sign(message, randomizer, signature);
    }

    public byte[] Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer)
    {
        byte[] signature = new byte[MlDsa65.SignatureBytes];
        Sign(message, randomizer, signature);
        return signature;
    }

    /// <summary>
    /// A secret of its own for another purpose: HKDF (RFC 5869) with SHA-512 from the key's seed (FIPS 204, algorithm 6)
    /// under the salt <c>ledger/derive/1</c>. The same key and purpose give the same bytes; they tell nothing of the key
    /// or of other purposes.
    /// </summary>
    /// <param name="purpose">Names the use and its version; no two uses share one.</param>
    /// <param name="secret">Written; the caller wipes it.</param>
    public void DeriveSecret(ReadOnlySpan<byte> purpose, Span<byte> secret)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        HKDF.Expand(HashAlgorithmName.SHA512, _derivation, secret, purpose);
    }

    public void Dispose()
    {
        _disposed = true;
        _signer.Dispose();
        CryptographicOperations.ZeroMemory(_derivation);
    }
}
