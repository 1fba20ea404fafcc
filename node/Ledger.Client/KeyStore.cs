using System.Security.Cryptography;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Crypto;

namespace Ledger.Client;

/// <summary>Key files on disk: readable by their owner alone, durable when made, never overwritten.</summary>
public static class KeyStore
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes a new key and keeps it in a file, durable when this returns.</summary>
    /// <param name="passphrase">Empty says, explicitly, that the key is to lie in clear.</param>
    /// <param name="signer">Who signs with the key that is returned; the file is the same.</param>
    /// <exception cref="KeyStoreException">No key was made, and no file is left behind.</exception>
    public static SigningKey Create(
        string path, string passphrase, SignatureProvider signer = SignatureProvider.Auto) =>
        Create(path, passphrase, KeyFile.DefaultIterations, Disk.Real, signer);

    /// <summary>Opens a key file.</summary>
    /// <param name="passphrase">Asked once, and only if the file is encrypted.</param>
    /// <param name="signer">Who signs with the key; all of them sign for the same public key.</param>
    /// <exception cref="KeyStoreException">The message says what to do.</exception>
    public static SigningKey Open(
        string path, Func<string> passphrase, SignatureProvider signer = SignatureProvider.Auto)
    {
        Require(signer);
        byte[] file = Read(path);
        try
        {
            using KeyFileResult open = KeyFile.TryDecode(file, "");
            if (open.Error != KeyFileError.PassphraseMissing)
            {
                return KeyOf(open, path, signer);
            }

            using KeyFileResult unlocked = KeyFile.TryDecode(file, passphrase());
            return KeyOf(unlocked, path, signer);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
        }
    }

    /// <summary>Which key a file holds, and whether it takes a passphrase to use it; asks for none.</summary>
    /// <exception cref="KeyStoreException">The message says what to do.</exception>
    public static (KeyId Id, bool Encrypted) Identify(string path)
    {
        byte[] file = Read(path);
        using KeyFileResult result = KeyFile.TryDecode(file, "");
        CryptographicOperations.ZeroMemory(file);
        return result.Succeeded || result.Error == KeyFileError.PassphraseMissing
            ? (result.Id, !result.Succeeded)
            : throw Failure(result, path);
    }

    internal static SigningKey Create(
        string path, string passphrase, int iterations, Disk disk, SignatureProvider signer = SignatureProvider.Auto)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        Require(signer);
        if (File.Exists(path))
        {
            throw new KeyStoreException(
                KeyStoreError.Exists, $"{path} exists already, and a key is never overwritten. Choose another name.");
        }

        byte[] seed = GC.AllocateArray<byte>(MlDsa65.SeedBytes, pinned: true);
        RandomNumberGenerator.Fill(seed);
        try
        {
            byte[] file = KeyFile.Encode(
                seed,
                passphrase,
                RandomNumberGenerator.GetBytes(KeyFile.SaltBytes),
                RandomNumberGenerator.GetBytes(KeyFile.NonceBytes),
                iterations);
            disk.Save(path, file, [], secret: true);
            CryptographicOperations.ZeroMemory(file);
            return SigningKey.FromSeed(seed, signer);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw new KeyStoreException(
                KeyStoreError.Disk, $"The key file {path} cannot be written: {e.Message} No key was made.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>The bytes of a file that nobody but its owner may read.</summary>
    private static byte[] Read(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
            {
                throw new KeyStoreException(
                    KeyStoreError.Permissions,
                    $"Others may read the key file {path}, so it is not used. Run: chmod 600 {path} - and if others "
                        + "could read it for long, make a new key and rotate to it.");
            }

            byte[] bytes = new byte[KeyFile.FileBytesMax + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            byte[] exact = bytes[..length];
            CryptographicOperations.ZeroMemory(bytes);
            return exact;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KeyStoreException(KeyStoreError.Missing, $"There is no key file {path}. Make one first.", e);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw new KeyStoreException(KeyStoreError.Disk, $"The key file {path} cannot be read: {e.Message}", e);
        }
    }

    private static void Require(SignatureProvider signer)
    {
        if (signer == SignatureProvider.Platform && !SignatureProviders.IsPlatformSupported)
        {
            throw new KeyStoreException(
                KeyStoreError.Signer,
                "The signer 'platform' needs an operating system with ML-DSA (on Linux: OpenSSL 3.5 or later), which "
                    + "this one does not have. Choose 'auto' or 'managed'.");
        }
    }

    private static SigningKey KeyOf(KeyFileResult result, string path, SignatureProvider signer) =>
        result.Succeeded ? SigningKey.FromSeed(result.Seed, signer) : throw Failure(result, path);

    private static KeyStoreException Failure(KeyFileResult result, string path) => new(
        result.Error switch
        {
            KeyFileError.PassphraseMissing => KeyStoreError.PassphraseMissing,
            KeyFileError.PassphraseWrong => KeyStoreError.PassphraseWrong,
            KeyFileError.Unsupported => KeyStoreError.Unsupported,
            _ => KeyStoreError.Damaged,
        },
        $"{path}: {result.Message}");
}
