using System.Security.Cryptography;
using Ledger.Core;

namespace Ledger.Crypto;

/// <summary>Why a key file gave no key.</summary>
public enum KeyFileError
{
    None,

    /// <summary>No key file, or one whose bytes were changed: restore it from a copy.</summary>
    Damaged,

    /// <summary>A key file of a later version, or with a cipher that this program does not know.</summary>
    Unsupported,

    /// <summary>The file is encrypted and no passphrase was given.</summary>
    PassphraseMissing,

    /// <summary>The file is whole and the passphrase does not open it.</summary>
    PassphraseWrong,

    /// <summary>A passphrase was given and the file is not encrypted: it protects nothing, and its owner should know.</summary>
    NotEncrypted,
}

/// <summary>What a key file held, or why it gave nothing. Disposing wipes the seed.</summary>
public sealed class KeyFileResult : IDisposable
{
    private readonly byte[] _seed;

    private KeyFileResult(KeyFileError error, string message, byte[] seed, KeyId id)
    {
        Error = error;
        Message = message;
        _seed = seed;
        Id = id;
    }

    public KeyFileError Error { get; }

    /// <summary>One sentence for a person; empty on success.</summary>
    public string Message { get; }

    public bool Succeeded => Error == KeyFileError.None;

    /// <summary>The key that the file is for; zero where the file could not be read that far.</summary>
    public KeyId Id { get; }

    /// <summary>The 32 secret bytes, for <see cref="SigningKey.FromSeed"/>; empty after a failure.</summary>
    public ReadOnlySpan<byte> Seed => _seed;

    public void Dispose() => CryptographicOperations.ZeroMemory(_seed);

    internal static KeyFileResult Success(ReadOnlySpan<byte> seed, KeyId id)
    {
        byte[] pinned = GC.AllocateArray<byte>(seed.Length, pinned: true);
        seed.CopyTo(pinned);
        return new KeyFileResult(KeyFileError.None, "", pinned, id);
    }

    internal static KeyFileResult Failure(KeyFileError error, string message, KeyId id = default) =>
        new(error, message, [], id);
}
