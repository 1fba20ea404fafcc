using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Ledger.Core.Log;

/// <summary>
/// What a C2SP checkpoint says: at this size, the log of this name has this root. Its text is what the signatures of
/// the note around it cover.
/// </summary>
/// <param name="Origin">Name of the log, one line.</param>
/// <param name="Extensions">
/// Further lines, opaque to everyone; usually none, at most <see cref="ExtensionsMax"/>.
/// </param>
public sealed record Checkpoint(string Origin, TreeSize Size, Digest Root, ImmutableArray<string> Extensions)
{
    /// <summary>Lines after the root.</summary>
    public const int ExtensionsMax = 16;

    /// <summary>Bytes of the whole text.</summary>
    public const int BytesMax = 65_536;

    public Checkpoint(string origin, TreeSize size, Digest root)
        : this(origin, size, root, [])
    {
    }

    /// <summary>The text in UTF-8, with a newline at the end of each line.</summary>
    /// <exception cref="InvalidOperationException">The origin or an extension is not one line of text.</exception>
    public byte[] Encode()
    {
        StringBuilder text = new();
        text.Append(Line(Origin)).Append('\n').Append(NoteText.Decimal(Size.Value)).Append('\n');
        text.Append(NoteText.Base64Of(Root)).Append('\n');
        foreach (string extension in Extensions)
        {
            text.Append(Line(extension)).Append('\n');
        }

        return NoteText.StrictUtf8.GetBytes(text.ToString());
    }

    /// <summary>Reads the text of a note, its last newline included. Each checkpoint has exactly one text.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> text, [NotNullWhen(true)] out Checkpoint? checkpoint, out NoteError error)
    {
        checkpoint = null;
        int offset = 0;
        NoteFault fault = Read(text, ref offset, ref checkpoint);
        error = fault == NoteFault.None ? NoteError.None : new NoteError(fault, offset);
        return checkpoint is not null;
    }

    /// <summary>On a fault <paramref name="start"/> is where its line begins.</summary>
    private static NoteFault Read(ReadOnlySpan<byte> text, ref int start, ref Checkpoint? checkpoint)
    {
        if (text.Length > BytesMax)
        {
            return NoteFault.TooLong;
        }

        if (!Utf8.IsValid(text))
        {
            return NoteFault.InvalidUtf8;
        }

        int next = 0;
        if (!NoteText.TryLine(text, ref next, out ReadOnlySpan<byte> origin))
        {
            return NoteFault.LineMissing;
        }

        if (origin.IsEmpty || HasControl(origin))
        {
            return origin.IsEmpty ? NoteFault.Origin : NoteFault.ControlCharacter;
        }

        start = next;
        if (!NoteText.TryLine(text, ref next, out ReadOnlySpan<byte> sizeLine))
        {
            return NoteFault.LineMissing;
        }

        if (!NoteText.TryDecimal(sizeLine, out ulong size))
        {
            return NoteFault.Number;
        }

        start = next;
        if (!NoteText.TryLine(text, ref next, out ReadOnlySpan<byte> rootLine))
        {
            return NoteFault.LineMissing;
        }

        if (!NoteText.TryHash(rootLine, out Digest root, out NoteFault rootFault))
        {
            return rootFault;
        }

        NoteFault fault = ReadExtensions(text, next, ref start, out ImmutableArray<string> extensions);
        if (fault == NoteFault.None)
        {
            checkpoint = new Checkpoint(Encoding.UTF8.GetString(origin), new TreeSize(size), root, extensions);
        }

        return fault;
    }

    private static NoteFault ReadExtensions(
        ReadOnlySpan<byte> text, int next, ref int start, out ImmutableArray<string> extensions)
    {
        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        extensions = [];
        while (next < text.Length)
        {
            start = next;
            if (lines.Count == ExtensionsMax)
            {
                return NoteFault.TooManyExtensions;
            }

            if (!NoteText.TryLine(text, ref next, out ReadOnlySpan<byte> line))
            {
                return NoteFault.LineMissing;
            }

            if (line.IsEmpty || HasControl(line))
            {
                return line.IsEmpty ? NoteFault.LineEmpty : NoteFault.ControlCharacter;
            }

            lines.Add(Encoding.UTF8.GetString(line));
        }

        extensions = lines.ToImmutable();
        return NoteFault.None;
    }

    private static bool HasControl(ReadOnlySpan<byte> line) => line.ContainsAnyInRange((byte)0, (byte)(' ' - 1));

    private static string Line(string line) =>
        NoteText.IsLine(line)
            ? line
            : throw new InvalidOperationException("Origin and extensions are one line of text each.");
}
