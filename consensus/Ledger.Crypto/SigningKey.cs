using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Crypto.Lattice;

namespace Ledger.Crypto;

/// <summary>
/// A key pair that signs: holds the expanded secret (48 KB, pinned, so that no copy stays behind when memory is compacted)
/// until it is disposed of, which wipes it. Pure mode, empty context. Any number of threads may sign at the same time;
/// disposing while one signs is the owner's mistake.
/// </summary>
public sealed class SigningKey : IDisposable
{
    private readonly byte[] _publicKey;
    private readonly byte[] _secretKey;
    private readonly Poly[] _expanded;
    private bool _disposed;

    private SigningKey(ReadOnlySpan<byte> seed)
    {
        _publicKey = new byte[MlDsa65.PublicKeyBytes];
        _secretKey = GC.AllocateArray<byte>(MlDsa65.SecretKeyBytes, pinned: true);
        _expanded = GC.AllocateArray<Poly>(ExpandedSecret.PolyCount, pinned: true);
        MlDsa65.GenerateKey(seed, _publicKey, _secretKey);
        if (!Kernel.TryExpandSecret(_secretKey, _expanded))
        {
            throw new InvalidOperationException("A generated key cannot be read back.");
        }

        Id = KeyId.Of(_publicKey);
    }

    public KeyId Id { get; }

    /// <summary>1,952 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <param name="seed">32 secret bytes; the caller wipes them.</param>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed) => new(seed);

    /// <param name="randomizer">32 fresh random bytes, or 32 zero bytes for a deterministic signature.</param>
    /// <param name="signature">3,309 bytes, written.</param>
    public void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer, Span<byte> signature)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        MlDsa65.Require(randomizer.Length, MlDsa65.RandomizerBytes, nameof(randomizer));
        MlDsa65.Require(signature.Length, MlDsa65.SignatureBytes, nameof(signature));
        SecretKeyLayout layout = new(_secretKey);
        Kernel.Sign(new ExpandedSecret(_expanded, layout.SigningSeed, layout.KeyHash), message, [], randomizer, signature);
    }

    public byte[] Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer)
    {
        byte[] signature = new byte[MlDsa65.SignatureBytes];
        Sign(message, randomizer, signature);
        return signature;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secretKey);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_expanded.AsSpan()));
    }
}
