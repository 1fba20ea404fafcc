namespace Ledger.Core.Log;

/// <summary>Why bytes are not a signed note, checkpoint or log proof of C2SP.</summary>
public enum NoteFault
{
    None,
    TooLong,
    InvalidUtf8,
    ControlCharacter,
    NoSignature,
    TooManySignatures,
    SignatureLine,
    KeyName,
    Base64,
    LineMissing,
    LineEmpty,
    Origin,
    Number,
    HashLength,
    TooManyExtensions,
    ProofHeader,
    ExtraLine,
    IndexLine,
    PathLength,
}

/// <summary>The first fault found, and where its line begins.</summary>
/// <param name="Offset">Byte offset from the start of the text read.</param>
public readonly record struct NoteError(NoteFault Fault, int Offset)
{
    public static NoteError None => default;

    /// <summary>One clause for people, without the offset.</summary>
    public string Reason => Fault switch
    {
        NoteFault.None => "no fault",
        NoteFault.TooLong => "the text is longer than allowed",
        NoteFault.InvalidUtf8 => "the text is not valid UTF-8",
        NoteFault.ControlCharacter => "a control character other than a newline",
        NoteFault.NoSignature => "no signature follows the text after an empty line",
        NoteFault.TooManySignatures => "more signatures than allowed",
        NoteFault.SignatureLine => "a signature line is not an em dash, a key name and a signature",
        NoteFault.KeyName => "a key name is empty or has a space or a plus",
        NoteFault.Base64 => "not canonical base64 of the length expected",
        NoteFault.LineMissing => "a line is missing or has no newline",
        NoteFault.LineEmpty => "an empty line stands where none is allowed",
        NoteFault.Origin => "the origin is empty",
        NoteFault.Number => "not a decimal of at most 2^53 - 1 without leading zeros",
        NoteFault.HashLength => "a hash has not 32 bytes",
        NoteFault.TooManyExtensions => "more extension lines than allowed",
        NoteFault.ProofHeader => "the first line is not that of a log proof, version 1",
        NoteFault.ExtraLine => "the extra data are empty, too long or not canonical base64",
        NoteFault.IndexLine => "the index line is missing or does not name an entry of the tree",
        NoteFault.PathLength => "the proof has not as many hashes as this entry needs",
        _ => throw new InvalidOperationException($"Unnamed fault {Fault}."),
    };

    public override string ToString() => $"{Reason} (offset {Offset})";
}
