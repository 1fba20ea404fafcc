namespace Ledger.Crypto.Tests;

/// <summary>Secrets for other purposes, drawn from a signing key.</summary>
public sealed class DerivedSecretTests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    /// <summary>Computed with HMAC-SHA-512 alone, after RFC 5869.</summary>
    [Fact]
    public void The_secret_is_HKDF_of_the_seed() => Assert.Equal(
        "5c89bfaa14474f7ce893187811197b036d86ffd6d491b43bf5f11ca8547d6348",
        Derive(Seed, "ledger/vault/1"u8));

    [Fact]
    public void Another_purpose_or_another_key_gives_another_secret()
    {
        string first = Derive(Seed, "ledger/vault/1"u8);
        Assert.Equal(first, Derive(Seed, "ledger/vault/1"u8));
        Assert.NotEqual(first, Derive(Seed, "ledger/vault/2"u8));
        Assert.NotEqual(first, Derive([.. Seed.Reverse()], "ledger/vault/1"u8));
    }

    [Fact]
    public void A_key_that_was_disposed_of_gives_none()
    {
        SigningKey key = SigningKey.FromSeed(Seed);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.DeriveSecret("ledger/vault/1"u8, new byte[32]));
    }

    private static string Derive(byte[] seed, ReadOnlySpan<byte> purpose)
    {
        using SigningKey key = SigningKey.FromSeed(seed);
        byte[] secret = new byte[32];
        key.DeriveSecret(purpose, secret);
        return Convert.ToHexStringLower(secret);
    }
}
