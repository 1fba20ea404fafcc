using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Ledger.Core;
using static Ledger.Crypto.KeyFile;

namespace Ledger.Crypto;

/// <summary>Strict reading: these members and no others, each in its one spelling; their order is free.</summary>
internal static class KeyFileParser
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 2, AllowDuplicateProperties = false };

    public static KeyFileError TryParse(ReadOnlySpan<byte> file, out KeyFileContents? contents)
    {
        contents = null;
        if (file.Length > FileBytesMax)
        {
            return KeyFileError.Damaged;
        }

        byte[] copy = file.ToArray();
        try
        {
            using JsonDocument document = JsonDocument.Parse(copy, Options);
            return TryRead(document.RootElement, out contents);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return KeyFileError.Damaged;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    private static KeyFileError TryRead(JsonElement root, out KeyFileContents? contents)
    {
        contents = null;
        if (root.ValueKind != JsonValueKind.Object || !IsText(root, "type", FileType) || !TryNumber(root, "version", out int version))
        {
            return KeyFileError.Damaged;
        }

        if (version != 1 || !IsText(root, "alg", Algorithm) || !root.TryGetProperty("kdf", out JsonElement kdf))
        {
            return KeyFileError.Unsupported;
        }

        bool open = IsText(kdf, "name", NoKdf);
        if (!open && !(IsText(kdf, "name", Kdf) && root.TryGetProperty("cipher", out JsonElement named) && IsText(named, "name", Cipher)))
        {
            return KeyFileError.Unsupported;
        }

        KeyFileLock? parameters = null;
        if (root.GetPropertyCount() != (open ? 8 : 9)
            || kdf.GetPropertyCount() != (open ? 1 : 3)
            || (!open && !TryReadLock(kdf, root.GetProperty("cipher"), out parameters))
            || !TryBytes(root, "public", MlDsa65.PublicKeyBytes, out byte[] publicKey)
            || !IsText(root, "kid", KeyId.Of(publicKey).ToString())
            || !TryBytes(root, "seed", MlDsa65.SeedBytes + (open ? 0 : TagBytes), out byte[] seed))
        {
            return KeyFileError.Damaged;
        }

        KeyFileContents read = new(publicKey, parameters, seed);
        contents = IsText(root, "check", Convert.ToHexStringLower(read.Check())) ? read : null;
        return contents is null ? KeyFileError.Damaged : KeyFileError.None;
    }

    private static bool TryReadLock(JsonElement kdf, JsonElement cipher, out KeyFileLock? parameters)
    {
        parameters = null;
        if (!TryNumber(kdf, "iterations", out int iterations)
            || iterations is < IterationsMin or > IterationsMax
            || !TryBytes(kdf, "salt", SaltBytes, out byte[] salt)
            || cipher.GetPropertyCount() != 2
            || !TryBytes(cipher, "nonce", NonceBytes, out byte[] nonce))
        {
            return false;
        }

        parameters = new KeyFileLock(iterations, salt, nonce);
        return true;
    }

    private static bool IsText(JsonElement parent, string name, string expected) =>
        parent.ValueKind == JsonValueKind.Object
        && parent.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
        && value.ValueEquals(expected);

    private static bool TryNumber(JsonElement parent, string name, out int number)
    {
        number = 0;
        return parent.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out number);
    }

    private static bool TryBytes(JsonElement parent, string name, int length, out byte[] bytes)
    {
        bytes = new byte[length];
        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        string text = value.GetString()!;
        return text.Length == Base64Url.GetEncodedLength(length)
            && Base64Url.DecodeFromChars(text, bytes, out _, out int written) == OperationStatus.Done
            && written == length
            && Base64Url.EncodeToString(bytes) == text;
    }
}
