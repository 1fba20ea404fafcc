using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Ledger.Core.Log;

/// <summary>One signature line of a note. Says nothing about whether it verifies.</summary>
/// <param name="KeyHash">The first four bytes of the key's hash, which together with the name tells which key
/// signed.</param>
/// <param name="Signature">At least one byte.</param>
public sealed record NoteSignature(string KeyName, uint KeyHash, ImmutableArray<byte> Signature);

/// <summary>
/// A text with signatures below it (C2SP signed-note). Parsing proves the form only: the text counts for nothing until
/// a signature of a trusted key has been verified over <see cref="Text"/>.
/// </summary>
public sealed class SignedNote
{
    /// <summary>Bytes of a whole note: room for a post-quantum signature of each validator.</summary>
    public const int BytesMax = 2_097_152;

    /// <summary>Signatures under one note: one for each validator.</summary>
    public const int SignaturesMax = Limits.Validators;

    private static ReadOnlySpan<byte> Dash => "— "u8;

    private SignedNote(ReadOnlyMemory<byte> text, ImmutableArray<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>What is signed: the text with its last newline, without the empty line after it.</summary>
    public ReadOnlyMemory<byte> Text { get; }

    public ImmutableArray<NoteSignature> Signatures { get; }

    /// <exception cref="ArgumentException">The text or a key name is not one that a note can hold, or there is no
    /// signature.</exception>
    public static SignedNote Of(ReadOnlySpan<byte> text, ImmutableArray<NoteSignature> signatures)
    {
        SignedNote note = new(text.ToArray(), signatures);
        if (!TryParse(note.Encode(), out SignedNote? parsed, out NoteError error)
            || !parsed.Text.Span.SequenceEqual(text))
        {
            throw new ArgumentException($"Not a note: {error}.", nameof(text));
        }

        return note;
    }

    /// <summary>SHA-256(name ‖ 0x0A ‖ type ‖ key), first four bytes, as C2SP signed-note recommends.</summary>
    /// <param name="type">Signature type; 0xff for those without a number, and then a longer name stands before the
    /// key.</param>
    public static uint KeyHashOf(string keyName, byte type, ReadOnlySpan<byte> publicKey)
    {
        byte[] name = NoteText.StrictUtf8.GetBytes(keyName);
        byte[] input = [.. name, NoteText.NewLine, type, .. publicKey];
        return BinaryPrimitives.ReadUInt32BigEndian(Digest.Of(input).Span);
    }

    public byte[] Encode()
    {
        StringBuilder lines = new("\n");
        foreach (NoteSignature signature in Signatures)
        {
            byte[] value = new byte[sizeof(uint) + signature.Signature.Length];
            BinaryPrimitives.WriteUInt32BigEndian(value, signature.KeyHash);
            signature.Signature.CopyTo(value, sizeof(uint));
            lines.Append("— ").Append(signature.KeyName).Append(' ').Append(Convert.ToBase64String(value)).Append('\n');
        }

        return [.. Text.Span, .. NoteText.StrictUtf8.GetBytes(lines.ToString())];
    }

    /// <summary>Every note has exactly one encoding, so <see cref="Encode"/> gives back the same bytes.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SignedNote? note,
        out NoteError error)
    {
        note = null;
        if (!TryCheckCharacters(bytes, out error))
        {
            return false;
        }

        int split = bytes.LastIndexOf("\n\n"u8);
        int offset = split + 2;
        if (split < 0 || offset == bytes.Length)
        {
            error = new NoteError(NoteFault.NoSignature, bytes.Length);
            return false;
        }

        ImmutableArray<NoteSignature>.Builder signatures = ImmutableArray.CreateBuilder<NoteSignature>();
        while (offset < bytes.Length)
        {
            int start = offset;
            if (signatures.Count == SignaturesMax)
            {
                error = new NoteError(NoteFault.TooManySignatures, start);
                return false;
            }

            NoteFault fault = NoteFault.LineMissing;
            if (!NoteText.TryLine(bytes, ref offset, out ReadOnlySpan<byte> line)
                || !TrySignature(line, out NoteSignature? signature, out fault))
            {
                error = new NoteError(fault, start);
                return false;
            }

            signatures.Add(signature);
        }

        note = new SignedNote(bytes[..(split + 1)].ToArray(), signatures.ToImmutable());
        return true;
    }

    private static bool TryCheckCharacters(ReadOnlySpan<byte> bytes, out NoteError error)
    {
        error = NoteError.None;
        if (bytes.Length > BytesMax)
        {
            error = new NoteError(NoteFault.TooLong, BytesMax);
            return false;
        }

        if (!Utf8.IsValid(bytes))
        {
            error = new NoteError(NoteFault.InvalidUtf8, 0);
            return false;
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] < ' ' && bytes[i] != NoteText.NewLine)
            {
                error = new NoteError(NoteFault.ControlCharacter, i);
                return false;
            }
        }

        return true;
    }

    private static bool TrySignature(
        ReadOnlySpan<byte> line,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out NoteSignature? signature,
        out NoteFault fault)
    {
        signature = null;
        int space = line.LastIndexOf((byte)' ');
        fault = NoteFault.SignatureLine;
        if (!line.StartsWith(Dash) || space < Dash.Length)
        {
            return false;
        }

        fault = NoteFault.KeyName;
        string name = Encoding.UTF8.GetString(line[Dash.Length..space]);
        if (!NoteText.IsKeyName(name))
        {
            return false;
        }

        fault = NoteFault.Base64;
        if (!NoteText.TryBase64(line[(space + 1)..], out byte[] value) || value.Length <= sizeof(uint))
        {
            return false;
        }

        fault = NoteFault.None;
        signature = new NoteSignature(name, BinaryPrimitives.ReadUInt32BigEndian(value), [.. value[sizeof(uint)..]]);
        return true;
    }
}
