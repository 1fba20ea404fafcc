using System.Runtime.CompilerServices;
using Ledger.Crypto.Lattice;
using Ledger.Crypto.Providers;

namespace Ledger.Crypto;

/// <summary>
/// ML-DSA-65 (FIPS 204), pure mode with a context string. Keys and signatures are the raw bytes of the standard.
/// Nothing is allocated, and working copies of secrets are wiped before a call returns.
/// </summary>
public static class MlDsa65
{
    public const int PublicKeyBytes = 1952;
    public const int SecretKeyBytes = 4032;
    public const int SignatureBytes = 3309;

    /// <summary>Bytes of ξ, from which a key pair follows.</summary>
    public const int SeedBytes = 32;

    /// <summary>Bytes of the randomizer: fresh random ones hedge a signature, zeros make it deterministic.</summary>
    public const int RandomizerBytes = 32;

    /// <summary>Most bytes of a context string.</summary>
    public const int ContextBytesMax = 255;

    /// <summary>Algorithm 6: the key pair of a seed.</summary>
    /// <param name="seed">32 bytes, secret, from a good random source.</param>
    /// <param name="publicKey">1,952 bytes, written.</param>
    /// <param name="secretKey">4,032 bytes, written; the caller wipes them.</param>
    public static void GenerateKey(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        Require(seed.Length, SeedBytes, nameof(seed));
        Require(publicKey.Length, PublicKeyBytes, nameof(publicKey));
        Require(secretKey.Length, SecretKeyBytes, nameof(secretKey));
        Kernel.GenerateKey(seed, publicKey, secretKey);
    }

    /// <summary>
    /// Algorithm 2: signs a message. Expands the key each time; who signs often keeps a <see cref="SigningKey"/>.
    /// </summary>
    /// <param name="secretKey">4,032 bytes as <see cref="GenerateKey"/> wrote them; throws if they cannot be such.</param>
    /// <param name="context">At most 255 bytes; empty in every format of this project.</param>
    /// <param name="randomizer">32 fresh random bytes (the default everywhere), or 32 zero bytes: deterministic.</param>
    /// <param name="signature">3,309 bytes, written.</param>
    public static void Sign(
        ReadOnlySpan<byte> secretKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> randomizer,
        Span<byte> signature)
    {
        Require(secretKey.Length, SecretKeyBytes, nameof(secretKey));
        Require(randomizer.Length, RandomizerBytes, nameof(randomizer));
        Require(signature.Length, SignatureBytes, nameof(signature));
        if (context.Length > ContextBytesMax)
        {
            throw new ArgumentException($"A context has at most {ContextBytesMax} bytes.", nameof(context));
        }

        Kernel.Sign(secretKey, message, context, randomizer, signature);
    }

    /// <summary>
    /// Algorithm 3: whether this is a signature of the message under this key and context. Every input may be hostile;
    /// a wrong length, a context over 255 bytes or a malformed hint is simply no signature. Never throws.
    /// </summary>
    public static bool Verify(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> signature) =>
        publicKey.Length == PublicKeyBytes
        && signature.Length == SignatureBytes
        && context.Length <= ContextBytesMax
        && (ISubstituteScheme.IsMadeBySubstitute(publicKey)
            ? ISubstituteScheme.InUse!.Verify(publicKey, message, signature)
            : Kernel.Verify(publicKey, message, context, signature));

    /// <summary>
    /// Verifies many signatures together, which costs less than half of one by one: their hashes run side by side. One
    /// thread; to use more, give each a slice of both spans. Same verdicts as <see cref="Verify"/>, in the items' order.
    /// Never throws for what an item holds, and allocates nothing. Batches of 8 and more pay; sizes beyond 32 add nothing.
    /// </summary>
    /// <param name="valid">As many places as items, written.</param>
    public static void VerifyBatch(ReadOnlySpan<VerifyItem> items, Span<bool> valid)
    {
        if (valid.Length != items.Length)
        {
            throw new ArgumentException($"There are {items.Length} items and {valid.Length} places.", nameof(valid));
        }

        if (ISubstituteScheme.InUse is null)
        {
            Kernel.VerifyBatch(items, valid);
            return;
        }

        for (int i = 0; i < items.Length; i++)
        {
            ReadOnlySpan<byte> key = items[i].Key is { } expanded ? expanded.PublicKey : items[i].PublicKey.Span;
            valid[i] = Verify(key, items[i].Message.Span, default, items[i].Signature.Span);
        }
    }

    internal static void Require(int length, int expected, string name, [CallerMemberName] string caller = "")
    {
        if (length != expected)
        {
            throw new ArgumentException($"{caller} takes {expected} bytes here, not {length}.", name);
        }
    }
}
