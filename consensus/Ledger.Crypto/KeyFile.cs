using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ledger.Core;

namespace Ledger.Crypto;

/// <summary>
/// A key as a JSON document that a person can keep: what it is, its id and public key in clear, and the 32-byte seed,
/// sealed with AES-256-GCM under a key that PBKDF2-HMAC-SHA-512 (RFC 8018) draws from a passphrase (its UTF-8 bytes, not
/// normalised). All that stands beside the seed is bound to it as associated data. Salt and nonce are inputs; disk and
/// permissions are the caller's.
/// </summary>
/// <remarks>
/// Members: <c>type</c> "ledger-key", <c>version</c> 1, <c>alg</c> "ML-DSA-65", <c>kid</c> (hex), <c>public</c>,
/// <c>kdf</c> {name, iterations, salt}, <c>cipher</c> {name, nonce}, <c>seed</c> (ciphertext, then the 16-byte tag),
/// <c>check</c>; byte strings in base64url. <c>check</c>, 8 bytes of SHA-256 over all the rest in hex, tells a damaged
/// file from a wrong passphrase; it is public and protects nothing. Without a passphrase: kdf {name: "none"}, no cipher,
/// the bare seed.
/// </remarks>
public static class KeyFile
{
    public const int SaltBytes = 32;
    public const int NonceBytes = 12;

    /// <summary>What to use unless there is a reason: about half a second on a small machine.</summary>
    public const int DefaultIterations = 600_000;

    public const int IterationsMin = 1_000;

    /// <summary>Bounds the time that a hostile file can cost its reader.</summary>
    public const int IterationsMax = 10_000_000;

    /// <summary>Largest file that is read.</summary>
    public const int FileBytesMax = 8_192;

    /// <summary>Longest passphrase, in UTF-8.</summary>
    public const int PassphraseBytesMax = 1_024;

    internal const int TagBytes = 16;
    internal const string Kdf = "PBKDF2-SHA-512";
    internal const string NoKdf = "none";
    internal const string Cipher = "AES-256-GCM";
    internal const string Algorithm = "ML-DSA-65";
    internal const string FileType = "ledger-key";

    /// <param name="seed">32 secret bytes.</param>
    /// <param name="passphrase">Empty says, explicitly, that the seed is to lie in clear.</param>
    /// <param name="salt">32 fresh random bytes.</param>
    /// <param name="nonce">12 fresh random bytes.</param>
    /// <param name="iterations">From 1,000 to 10,000,000.</param>
    public static byte[] Encode(
        ReadOnlySpan<byte> seed,
        ReadOnlySpan<char> passphrase,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> nonce,
        int iterations)
    {
        MlDsa65.Require(seed.Length, MlDsa65.SeedBytes, nameof(seed));
        MlDsa65.Require(salt.Length, SaltBytes, nameof(salt));
        MlDsa65.Require(nonce.Length, NonceBytes, nameof(nonce));
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, IterationsMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(iterations, IterationsMax);
        if (Encoding.UTF8.GetByteCount(passphrase) > PassphraseBytesMax)
        {
            throw new ArgumentException($"A passphrase has at most {PassphraseBytesMax} bytes.", nameof(passphrase));
        }

        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        DerivePublicKey(seed, publicKey);
        if (passphrase.IsEmpty)
        {
            KeyFileContents open = new(publicKey, null, seed.ToArray());
            byte[] file = Write(open);
            CryptographicOperations.ZeroMemory(open.Seed);
            return file;
        }

        KeyFileContents contents = new(
            publicKey,
            new KeyFileLock(iterations, salt.ToArray(), nonce.ToArray()),
            new byte[MlDsa65.SeedBytes + TagBytes]);
        Span<byte> key = stackalloc byte[32];
        try
        {
            DeriveCipherKey(passphrase, contents.Lock!, key);
            using AesGcm aes = new(key, TagBytes);
            aes.Encrypt(
                nonce,
                seed,
                contents.Seed.AsSpan(0, MlDsa65.SeedBytes),
                contents.Seed.AsSpan(MlDsa65.SeedBytes),
                contents.Header());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        return Write(contents);
    }

    /// <summary>Reads a file of anyone's making; each failure says what to do.</summary>
    /// <param name="passphrase">Empty for a file that is not encrypted.</param>
    public static KeyFileResult TryDecode(ReadOnlySpan<byte> file, ReadOnlySpan<char> passphrase)
    {
        KeyFileError error = KeyFileParser.TryParse(file, out KeyFileContents? contents);
        if (contents is null)
        {
            return error == KeyFileError.Unsupported
                ? Fail(error, "The key file is of a kind that this program does not know; a newer one may.")
                : Fail(error, "This is no key file, or it was damaged: restore it from a copy.");
        }

        KeyId id = KeyId.Of(contents.PublicKey);
        if (contents.Lock is null)
        {
            KeyFileResult open = passphrase.IsEmpty
                ? Open(contents.Seed, contents, id)
                : Fail(KeyFileError.NotEncrypted, "The key file is not encrypted, yet a passphrase was given.", id);
            CryptographicOperations.ZeroMemory(contents.Seed);
            return open;
        }

        if (passphrase.IsEmpty)
        {
            return Fail(KeyFileError.PassphraseMissing, "The key file is encrypted: give its passphrase.", id);
        }

        Span<byte> seed = stackalloc byte[MlDsa65.SeedBytes];
        KeyFileResult result = TryUnseal(contents, passphrase, seed)
            ? Open(seed, contents, id)
            : Fail(KeyFileError.PassphraseWrong, "The passphrase does not open this key file.", id);
        CryptographicOperations.ZeroMemory(seed);
        return result;

        static KeyFileResult Fail(KeyFileError error, string message, KeyId id = default) =>
            KeyFileResult.Failure(error, message, id);
    }

    private static bool TryUnseal(KeyFileContents contents, ReadOnlySpan<char> passphrase, Span<byte> seed)
    {
        if (Encoding.UTF8.GetByteCount(passphrase) > PassphraseBytesMax)
        {
            return false;
        }

        Span<byte> key = stackalloc byte[32];
        try
        {
            DeriveCipherKey(passphrase, contents.Lock!, key);
            using AesGcm aes = new(key, TagBytes);
            aes.Decrypt(
                contents.Lock!.Nonce,
                contents.Seed.AsSpan(0, MlDsa65.SeedBytes),
                contents.Seed.AsSpan(MlDsa65.SeedBytes),
                seed,
                contents.Header());
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The seed must make the key that the file speaks of: otherwise someone would sign under a wrong name.</summary>
    private static KeyFileResult Open(ReadOnlySpan<byte> seed, KeyFileContents contents, KeyId id)
    {
        Span<byte> publicKey = stackalloc byte[MlDsa65.PublicKeyBytes];
        DerivePublicKey(seed, publicKey);
        return publicKey.SequenceEqual(contents.PublicKey)
            ? KeyFileResult.Success(seed, id)
            : KeyFileResult.Failure(KeyFileError.Damaged, "The key file's seed and public key do not belong together.", id);
    }

    private static void DerivePublicKey(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        Span<byte> secretKey = stackalloc byte[MlDsa65.SecretKeyBytes];
        MlDsa65.GenerateKey(seed, publicKey, secretKey);
        CryptographicOperations.ZeroMemory(secretKey);
    }

    private static void DeriveCipherKey(ReadOnlySpan<char> passphrase, KeyFileLock parameters, Span<byte> key)
    {
        Span<byte> utf8 = stackalloc byte[PassphraseBytesMax];
        int length = Encoding.UTF8.GetBytes(passphrase, utf8);
        Rfc2898DeriveBytes.Pbkdf2(utf8[..length], parameters.Salt, key, parameters.Iterations, HashAlgorithmName.SHA512);
        CryptographicOperations.ZeroMemory(utf8);
    }

    private static byte[] Write(KeyFileContents contents)
    {
        ArrayBufferWriter<byte> buffer = new(FileBytesMax);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("type", FileType);
            json.WriteNumber("version", 1);
            json.WriteString("alg", Algorithm);
            json.WriteString("kid", KeyId.Of(contents.PublicKey).ToString());
            json.WriteString("public", Base64Url.EncodeToString(contents.PublicKey));
            json.WriteStartObject("kdf");
            json.WriteString("name", contents.Lock is null ? NoKdf : Kdf);
            if (contents.Lock is { } parameters)
            {
                json.WriteNumber("iterations", parameters.Iterations);
                json.WriteString("salt", Base64Url.EncodeToString(parameters.Salt));
                json.WriteEndObject();
                json.WriteStartObject("cipher");
                json.WriteString("name", Cipher);
                json.WriteString("nonce", Base64Url.EncodeToString(parameters.Nonce));
            }

            json.WriteEndObject();
            json.WriteString("seed", Base64Url.EncodeToString(contents.Seed));
            json.WriteString("check", Convert.ToHexStringLower(contents.Check()));
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        byte[] file = buffer.WrittenSpan.ToArray();
        buffer.Clear();
        return file;
    }
}
