using System.Text;
using Ledger.Core;

namespace Ledger.Crypto.Tests;

public sealed class KeyFileTests
{
    private const string Passphrase = "correct horse – Batterie 🐎";
    private static readonly byte[] Seed = Pattern.Bytes("key file seed", 32);
    private static readonly byte[] Salt = Pattern.Bytes("key file salt", KeyFile.SaltBytes);
    private static readonly byte[] Nonce = Pattern.Bytes("key file nonce", KeyFile.NonceBytes);
    private static readonly byte[] Encrypted = KeyFile.Encode(Seed, Passphrase, Salt, Nonce, KeyFile.IterationsMin);
    private static readonly byte[] Open = KeyFile.Encode(Seed, "", Salt, Nonce, KeyFile.IterationsMin);

    [Fact]
    public void The_passphrase_opens_the_file_and_gives_the_seed_and_the_id()
    {
        using KeyFileResult result = KeyFile.TryDecode(Encrypted, Passphrase);
        using SigningKey key = SigningKey.FromSeed(Seed);
        Assert.True(result.Succeeded);
        Assert.Equal(Seed, result.Seed.ToArray());
        Assert.Equal(key.Id, result.Id);
    }

    [Fact]
    public void A_wrong_passphrase_is_named_as_such_and_the_id_is_still_told()
    {
        using KeyFileResult result = KeyFile.TryDecode(Encrypted, Passphrase + "!");
        Assert.Equal(KeyFileError.PassphraseWrong, result.Error);
        Assert.NotEqual(default, result.Id);
        Assert.True(result.Seed.IsEmpty);
        Assert.Equal(KeyFileError.PassphraseWrong, KeyFile.TryDecode(Encrypted, new string('x', 2_000)).Error);
    }

    [Fact]
    public void An_encrypted_file_without_passphrase_and_an_open_file_with_one_are_told_apart()
    {
        Assert.Equal(KeyFileError.PassphraseMissing, KeyFile.TryDecode(Encrypted, "").Error);
        Assert.Equal(KeyFileError.NotEncrypted, KeyFile.TryDecode(Open, Passphrase).Error);
        using KeyFileResult open = KeyFile.TryDecode(Open, "");
        Assert.Equal(Seed, open.Seed.ToArray());
    }

    [Fact]
    public void The_seed_does_not_appear_in_an_encrypted_file()
    {
        string clear = System.Buffers.Text.Base64Url.EncodeToString(Seed);
        Assert.Contains(clear, Encoding.UTF8.GetString(Open), StringComparison.Ordinal);
        Assert.DoesNotContain(clear, Encoding.UTF8.GetString(Encrypted), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_changed_byte_is_damage_or_harmless_space_and_never_another_key()
    {
        for (int i = 0; i < Encrypted.Length; i++)
        {
            byte[] changed = [.. Encrypted];
            changed[i] ^= (byte)(1 << (i % 7));
            using KeyFileResult result = KeyFile.TryDecode(changed, Passphrase);
            if (result.Succeeded)
            {
                // White space between members may change into other white space; nothing else may.
                Assert.True(Encrypted[i] is (byte)' ' or (byte)'\n', $"byte {i}");
                Assert.Equal(Seed, result.Seed.ToArray());
            }
            else
            {
                Assert.True(result.Error is KeyFileError.Damaged or KeyFileError.Unsupported, $"byte {i}: {result.Error}");
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"type\":\"ledger-key\",\"type\":\"ledger-key\",\"version\":1}")]
    [InlineData("{\"type\":\"ledger-key\",\"version\":\"1\"}")]
    [InlineData("{\"type\":\"\\ud800\",\"version\":1}")]
    public void What_is_no_key_file_is_damage(string text) =>
        Assert.Equal(KeyFileError.Damaged, KeyFile.TryDecode(Encoding.UTF8.GetBytes(text), "x").Error);

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", KeyFileError.Unsupported)]
    [InlineData("PBKDF2-SHA-512", "argon2id", KeyFileError.Unsupported)]
    [InlineData("AES-256-GCM", "ROT13", KeyFileError.Unsupported)]
    [InlineData("\"iterations\": 1000", "\"iterations\": 1001", KeyFileError.Damaged)]
    [InlineData("\"iterations\": 1000", "\"iterations\": 999999999", KeyFileError.Damaged)]
    [InlineData("\"version\": 1", "\"version\": 1, \"more\": 1", KeyFileError.Damaged)]
    public void A_changed_member_is_refused_before_any_passphrase_is_tried(string from, string to, KeyFileError error)
    {
        string text = Encoding.UTF8.GetString(Encrypted);
        Assert.True(KeyFile.TryDecode(Encoding.UTF8.GetBytes(text), Passphrase).Succeeded);
        string changed = text.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(text, changed);
        Assert.Equal(error, KeyFile.TryDecode(Encoding.UTF8.GetBytes(changed), Passphrase).Error);
    }

    [Fact]
    public void Arguments_out_of_range_are_the_callers_mistake()
    {
        Assert.Throws<ArgumentException>(() => KeyFile.Encode(Seed.AsSpan(1), Passphrase, Salt, Nonce, 1_000));
        Assert.Throws<ArgumentException>(() => KeyFile.Encode(Seed, Passphrase, [], Nonce, 1_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyFile.Encode(Seed, Passphrase, Salt, Nonce, 999));
        Assert.Throws<ArgumentException>(() => KeyFile.Encode(Seed, new string('ä', 513), Salt, Nonce, 1_000));
    }

    [Fact]
    public void The_words_of_a_fingerprint_follow_the_published_scheme()
    {
        // From the paper: 127.0.0.1 is lusab-babad, 63.84.220.193 gutih-tugad, 140.98.193.141 mudof-sakat, 64.255.6.200 haguz-biram.
        KeyId id = new(Digest.ParseHex("7f0000013f54dcc18c62c18d40ff06c8" + new string('a', 32)));
        Assert.Equal("lusab-babad-gutih-tugad-mudof-sakat-haguz-biram", FingerprintWords.Of(id));
    }
}
