namespace Ledger.Crypto;

/// <summary>One signature of a batch: key, message, signature. Pure mode, empty context.</summary>
public readonly struct VerifyItem
{
    /// <summary>Under a key that was expanded before.</summary>
    public VerifyItem(VerificationKey key, ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(key);
        Key = key;
        Message = message;
        Signature = signature;
    }

    /// <summary>Under a raw key, expanded for this one verification.</summary>
    public VerifyItem(ReadOnlyMemory<byte> publicKey, ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature)
    {
        PublicKey = publicKey;
        Message = message;
        Signature = signature;
    }

    /// <summary>Null where a raw key is given.</summary>
    public VerificationKey? Key { get; }

    public ReadOnlyMemory<byte> PublicKey { get; }

    public ReadOnlyMemory<byte> Message { get; }

    public ReadOnlyMemory<byte> Signature { get; }

    internal bool HasLengths =>
        Signature.Length == MlDsa65.SignatureBytes && (Key is not null || PublicKey.Length == MlDsa65.PublicKeyBytes);
}
