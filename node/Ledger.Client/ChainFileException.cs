namespace Ledger.Client;

/// <summary>Why a chain file cannot be used.</summary>
public enum ChainFileError
{
    Missing,

    /// <summary>There is a file already, and none is ever overwritten.</summary>
    Exists,

    /// <summary>Another process, or another sealer in this one, writes to it.</summary>
    Locked,

    /// <summary>Its bytes are not the whole records of one sound stream.</summary>
    Corrupt,

    /// <summary>The key at hand may not sign the next record.</summary>
    WrongKey,

    /// <summary>The disk refused: full, read-only, broken.</summary>
    Disk,

    /// <summary>The file is older than what a node holds of the same stream, or tells another history.</summary>
    Diverged,
}

/// <summary>A chain file cannot be used; the message says what to do.</summary>
public sealed class ChainFileException : Exception
{
    public ChainFileException(ChainFileError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    public ChainFileError Error { get; }
}
