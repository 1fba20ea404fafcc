namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>Limits of the format as its reference implementation sets them, and two of our own.</summary>
public static class OtsLimits
{
    /// <summary>Bytes of an operation's argument, message and result.</summary>
    public const int ResultBytes = 4_096;

    /// <summary>Nested timestamps; a path has at most one operation less.</summary>
    public const int Depth = 256;

    /// <summary>Bytes of an attestation's payload.</summary>
    public const int PayloadBytes = 8_192;

    /// <summary>Bytes of a calendar's address.</summary>
    public const int UriBytes = 1_000;

    /// <summary>Bytes of a whole file that we read; the operations in it are at most as many.</summary>
    public const int FileBytes = 65_536;

    /// <summary>Bytes of a calendar's reply that clients accept.</summary>
    public const int ReplyBytes = 10_000;
}

/// <summary>Why bytes are not an OpenTimestamps proof that we read, or why one cannot be written.</summary>
public enum OtsFault
{
    None,
    TooLong,
    NotOpenTimestamps,
    UnknownVersion,
    FileHashNotSupported,
    Truncated,
    TrailingBytes,
    NumberNotShortest,
    NumberTooLarge,
    OperationUnknown,
    OperationNotSupported,
    ArgumentLength,
    ResultTooLong,
    TooDeep,
    PayloadTooLong,
    AttestationMalformed,
    UriNotAllowed,
    PathBroken,
}

/// <summary>The first fault found, and where.</summary>
/// <param name="Offset">Byte offset from the start of the document; 0 where a proof was to be built.</param>
public readonly record struct OtsError(OtsFault Fault, int Offset)
{
    /// <summary>One clause for people, without the offset.</summary>
    public string Reason => Fault switch
    {
        OtsFault.None => "no fault",
        OtsFault.TooLong => "the proof is longer than a reader takes",
        OtsFault.NotOpenTimestamps => "the bytes do not begin as an OpenTimestamps proof does",
        OtsFault.UnknownVersion => "the proof has a version that nobody has defined",
        OtsFault.FileHashNotSupported => "the proof is for a file hash other than SHA-256",
        OtsFault.Truncated => "the proof ends too early",
        OtsFault.TrailingBytes => "bytes follow the end of the proof",
        OtsFault.NumberNotShortest => "a number is not in its shortest form",
        OtsFault.NumberTooLarge => "a number is too large",
        OtsFault.OperationUnknown => "an operation that nobody has defined",
        OtsFault.OperationNotSupported => "an operation that we do not compute",
        OtsFault.ArgumentLength => "an operation's argument is empty or too long",
        OtsFault.ResultTooLong => "an operation's result is longer than 4,096 bytes",
        OtsFault.TooDeep => "the proof has more steps in a row than readers follow",
        OtsFault.PayloadTooLong => "an attestation is too long",
        OtsFault.AttestationMalformed => "an attestation does not read as its kind demands",
        OtsFault.UriNotAllowed => "a calendar's address has a character that is not allowed",
        OtsFault.PathBroken => "the parts do not follow from each other",
        _ => throw new InvalidOperationException($"Unnamed fault {Fault}."),
    };

    public override string ToString() => $"{Reason} (offset {Offset})";
}
