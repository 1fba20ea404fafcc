namespace Ledger.Client;

/// <summary>Why a key file gave no key.</summary>
public enum KeyStoreError
{
    Missing,

    /// <summary>There is a file already, and none is ever overwritten.</summary>
    Exists,

    /// <summary>Others may read the file.</summary>
    Permissions,
    Damaged,
    Unsupported,
    PassphraseMissing,
    PassphraseWrong,

    /// <summary>The operating system's signer was asked for, and it has none.</summary>
    Signer,

    /// <summary>The disk refused.</summary>
    Disk,
}

/// <summary>A key file gave no key; the message says what to do.</summary>
public sealed class KeyStoreException : Exception
{
    public KeyStoreException(KeyStoreError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    public KeyStoreError Error { get; }
}
