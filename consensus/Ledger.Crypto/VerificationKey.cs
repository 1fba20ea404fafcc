using Ledger.Core;
using Ledger.Crypto.Lattice;
using Ledger.Crypto.Providers;

namespace Ledger.Crypto;

/// <summary>
/// A public key made ready to verify: what it expands to, packed into 28 KB, so that the next signature costs half as
/// much. Immutable; any number of threads may share it.
/// </summary>
public sealed class VerificationKey
{
    private readonly byte[] _publicKey;
    private readonly byte[] _packed;

    /// <param name="publicKey">1,952 bytes; throws on any other length. All such bytes are a key.</param>
    public VerificationKey(ReadOnlySpan<byte> publicKey)
    {
        MlDsa65.Require(publicKey.Length, MlDsa65.PublicKeyBytes, nameof(publicKey));
        _publicKey = publicKey.ToArray();
        Id = KeyId.Of(publicKey);
        if (ISubstituteScheme.IsMadeBySubstitute(publicKey))
        {
            _packed = [];
            return;
        }

        _packed = GC.AllocateUninitializedArray<byte>(PackedKey.Bytes);
        Kernel.PackKey(publicKey, _packed);
    }

    public KeyId Id { get; }

    /// <summary>1,952 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    internal ReadOnlySpan<byte> Packed => _packed;

    /// <summary>As <see cref="MlDsa65.Verify"/>, with the same result for the same bytes. Never throws, allocates nothing.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> context, ReadOnlySpan<byte> signature) =>
        signature.Length == MlDsa65.SignatureBytes
        && context.Length <= MlDsa65.ContextBytesMax
        && (_packed.Length == 0
            ? MlDsa65.Verify(_publicKey, message, context, signature)
            : Kernel.VerifyExpanded(_packed, message, context, signature));
}
