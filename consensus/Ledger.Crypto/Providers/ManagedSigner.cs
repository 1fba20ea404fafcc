using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Providers;

/// <summary>
/// Our own code. Holds the expanded secret, 48 KB, pinned so that compaction leaves no copy of it behind.
/// </summary>
internal sealed class ManagedSigner : ISigner
{
    private readonly byte[] _secretKey;
    private readonly Poly[] _expanded;

    /// <param name="publicKey">1,952 bytes, written.</param>
    public ManagedSigner(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        _secretKey = GC.AllocateArray<byte>(MlDsa65.SecretKeyBytes, pinned: true);
        _expanded = GC.AllocateArray<Poly>(ExpandedSecret.PolyCount, pinned: true);
        MlDsa65.GenerateKey(seed, publicKey, _secretKey);
        if (!Kernel.TryExpandSecret(_secretKey, _expanded))
        {
            throw new InvalidOperationException("A generated key cannot be read back.");
        }
    }

    public void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer, Span<byte> signature)
    {
        SecretKeyLayout layout = new(_secretKey);
        ExpandedSecret secret = new(_expanded, layout.SigningSeed, layout.KeyHash);
        Kernel.Sign(secret, message, [], randomizer, signature);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_secretKey);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_expanded.AsSpan()));
    }
}
