using System.Security.Cryptography;
using System.Text;
using Ledger.Core;
using Ledger.Crypto;

namespace Ledger.Client.Vaults;

/// <summary>What someone holds who wants to open a vault: a signing key of the stream, or a passphrase.</summary>
/// <param name="Kid">Of the signing key; null for a passphrase.</param>
/// <param name="Secret">32 bytes drawn from the signing key, or the passphrase in UTF-8.</param>
internal sealed record VaultUnlock(KeyId? Kid, byte[] Secret)
{
    private const int SecretBytes = 32;

    /// <summary>Bytes of a passphrase, in UTF-8.</summary>
    public const int PassphraseBytesMax = 1_024;

    public static VaultUnlock With(SigningKey key)
    {
        byte[] secret = GC.AllocateArray<byte>(SecretBytes, pinned: true);
        key.DeriveSecret("ledger/vault/1"u8, secret);
        return new VaultUnlock(key.Id, secret);
    }

    public static VaultUnlock With(string passphrase)
    {
        ArgumentException.ThrowIfNullOrEmpty(passphrase);
        byte[] utf8 = Encoding.UTF8.GetBytes(passphrase);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(utf8.Length, PassphraseBytesMax, nameof(passphrase));
        return new VaultUnlock(null, utf8);
    }

    /// <summary>The key under which a slot seals the data key.</summary>
    public byte[] SealingKey(ReadOnlySpan<byte> salt, int rounds) => Kid is not null
        ? Secret
        : Rfc2898DeriveBytes.Pbkdf2(Secret, salt, rounds, HashAlgorithmName.SHA512, SecretBytes);
}
