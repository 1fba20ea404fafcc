using Ledger.Crypto.Lattice;

namespace Ledger.Crypto;

/// <summary>
/// The scheme at the widest vectors that this processor has; tests name a width themselves. The choice is made once, by
/// the just-in-time compiler, and costs nothing afterwards.
/// </summary>
internal static class Kernel
{
    public static void GenerateKey(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        if (Lanes16.IsSupported)
        {
            KeyGeneration<Lanes16>.Run(seed, publicKey, secretKey);
        }
        else if (Lanes8.IsSupported)
        {
            KeyGeneration<Lanes8>.Run(seed, publicKey, secretKey);
        }
        else
        {
            KeyGeneration<Lane>.Run(seed, publicKey, secretKey);
        }
    }

    public static bool TryExpandSecret(ReadOnlySpan<byte> secretKey, Span<Poly> polys) =>
        Lanes16.IsSupported ? ExpandedSecret.TryExpand<Lanes16>(secretKey, polys)
        : Lanes8.IsSupported ? ExpandedSecret.TryExpand<Lanes8>(secretKey, polys)
        : ExpandedSecret.TryExpand<Lane>(secretKey, polys);

    public static void Sign(
        ExpandedSecret secret,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> randomizer,
        Span<byte> signature)
    {
        if (Lanes16.IsSupported)
        {
            Signing<Lanes16>.Run(secret, message, context, randomizer, signature);
        }
        else if (Lanes8.IsSupported)
        {
            Signing<Lanes8>.Run(secret, message, context, randomizer, signature);
        }
        else
        {
            Signing<Lane>.Run(secret, message, context, randomizer, signature);
        }
    }

    public static void Sign(
        ReadOnlySpan<byte> secretKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> randomizer,
        Span<byte> signature)
    {
        if (Lanes16.IsSupported)
        {
            Signing<Lanes16>.Run(secretKey, message, context, randomizer, signature);
        }
        else if (Lanes8.IsSupported)
        {
            Signing<Lanes8>.Run(secretKey, message, context, randomizer, signature);
        }
        else
        {
            Signing<Lane>.Run(secretKey, message, context, randomizer, signature);
        }
    }

    public static bool Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> context, ReadOnlySpan<byte> signature) =>
        Lanes16.IsSupported ? Verification<Lanes16>.Run(publicKey, message, context, signature)
        : Lanes8.IsSupported ? Verification<Lanes8>.Run(publicKey, message, context, signature)
        : Verification<Lane>.Run(publicKey, message, context, signature);

    public static bool VerifyExpanded(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> context, ReadOnlySpan<byte> signature) =>
        Lanes16.IsSupported ? Verification<Lanes16>.RunExpanded(key, message, context, signature)
        : Lanes8.IsSupported ? Verification<Lanes8>.RunExpanded(key, message, context, signature)
        : Verification<Lane>.RunExpanded(key, message, context, signature);

    public static void PackKey(ReadOnlySpan<byte> publicKey, Span<byte> key)
    {
        if (Lanes16.IsSupported)
        {
            PackedKey.Pack<Lanes16>(publicKey, key);
        }
        else if (Lanes8.IsSupported)
        {
            PackedKey.Pack<Lanes8>(publicKey, key);
        }
        else
        {
            PackedKey.Pack<Lane>(publicKey, key);
        }
    }

    public static void VerifyBatch(ReadOnlySpan<VerifyItem> items, Span<bool> valid)
    {
        if (Lanes16.IsSupported)
        {
            BatchVerification<Lanes16>.Run(items, valid);
        }
        else if (Lanes8.IsSupported)
        {
            BatchVerification<Lanes8>.Run(items, valid);
        }
        else
        {
            BatchVerification<Lane>.Run(items, valid);
        }
    }
}
