using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Ledger.Core.Log;

/// <summary>
/// An inclusion proof together with the checkpoint that it leads to, as one text (C2SP tlog-proof, version 1), usually
/// in a file named <c>.tlog-proof</c>. The signatures of the note are the reader's to verify.
/// </summary>
/// <param name="Proof">For the size that the checkpoint names.</param>
/// <param name="Extra">
/// Data that nothing authenticates; empty if there are none, at most <see cref="ExtraMax"/> bytes.
/// </param>
public sealed record TlogProof(InclusionProof Proof, Checkpoint Checkpoint, SignedNote Note, ImmutableArray<byte> Extra)
{
    /// <summary>Bytes of extra data.</summary>
    public const int ExtraMax = 65_536;

    /// <summary>Bytes of the whole text.</summary>
    public const int BytesMax = SignedNote.BytesMax + (2 * ExtraMax);

    private static ReadOnlySpan<byte> Header => "c2sp.org/tlog-proof@v1"u8;

    private static ReadOnlySpan<byte> ExtraPrefix => "extra "u8;

    private static ReadOnlySpan<byte> IndexPrefix => "index "u8;

    /// <summary>
    /// That the entry is in the tree of the checkpoint. Not that anyone whom you trust has signed the checkpoint.
    /// </summary>
    public bool Verify(EntryHash entry) => Proof.Verify(entry, Checkpoint.Root);

    /// <exception cref="ArgumentException">The note is no checkpoint, or not one of the size that the proof is
    /// for.</exception>
    public static TlogProof Of(InclusionProof proof, SignedNote note, ReadOnlySpan<byte> extra = default)
    {
        if (!Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out NoteError error))
        {
            throw new ArgumentException($"The note is no checkpoint: {error}.", nameof(note));
        }

        if (checkpoint.Size != proof.Size || proof.Path.Length != InclusionProof.PathLength(proof.Index, proof.Size))
        {
            throw new ArgumentException("The proof is not one for the tree of the checkpoint.", nameof(proof));
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(extra.Length, ExtraMax, nameof(extra));
        return new TlogProof(proof, checkpoint, note, [.. extra]);
    }

    public byte[] Encode()
    {
        StringBuilder text = new();
        text.Append(Encoding.ASCII.GetString(Header)).Append('\n');
        if (!Extra.IsEmpty)
        {
            text.Append("extra ").Append(Convert.ToBase64String(Extra.AsSpan())).Append('\n');
        }

        text.Append("index ").Append(NoteText.Decimal(Proof.Index.Value)).Append('\n');
        foreach (Digest hash in Proof.Path)
        {
            text.Append(NoteText.Base64Of(hash)).Append('\n');
        }

        return [.. Encoding.ASCII.GetBytes(text.Append('\n').ToString()), .. Note.Encode()];
    }

    /// <summary>
    /// Each proof has exactly one text. A proof of the wrong length for its index and size is refused here already.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out TlogProof? proof, out NoteError error)
    {
        proof = null;
        int offset = 0;
        if (text.Length > BytesMax)
        {
            error = new NoteError(NoteFault.TooLong, BytesMax);
            return false;
        }

        NoteFault fault = ReadHead(text, ref offset, out ImmutableArray<byte> extra, out ulong index);
        int pathStart = offset;
        ImmutableArray<Digest> path = [];
        if (fault != NoteFault.None || (fault = ReadPath(text, ref offset, out path)) != NoteFault.None)
        {
            error = new NoteError(fault, offset);
            return false;
        }

        if (!SignedNote.TryParse(text[offset..], out SignedNote? note, out error)
            || !Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out error))
        {
            error = error with { Offset = error.Offset + offset };
            return false;
        }

        InclusionProof inclusion = new(new LogIndex(index), checkpoint.Size, path);
        bool exists = index < checkpoint.Size.Value;
        if (!exists || path.Length != InclusionProof.PathLength(inclusion.Index, inclusion.Size))
        {
            error = new NoteError(exists ? NoteFault.PathLength : NoteFault.IndexLine, pathStart);
            return false;
        }

        proof = new TlogProof(inclusion, checkpoint, note, extra);
        return true;
    }

    private static NoteFault ReadHead(
        ReadOnlySpan<byte> text, ref int start, out ImmutableArray<byte> extra, out ulong index)
    {
        extra = [];
        index = 0;
        int next = 0;
        if (!NoteText.TryLine(text, ref next, out ReadOnlySpan<byte> line) || !line.SequenceEqual(Header))
        {
            return NoteFault.ProofHeader;
        }

        start = next;
        bool read = NoteText.TryLine(text, ref next, out line);
        if (read && line.StartsWith(ExtraPrefix))
        {
            if (!NoteText.TryBase64(line[ExtraPrefix.Length..], out byte[] bytes) || bytes.Length is 0 or > ExtraMax)
            {
                return NoteFault.ExtraLine;
            }

            extra = [.. bytes];
            start = next;
            read = NoteText.TryLine(text, ref next, out line);
        }

        if (!read || !line.StartsWith(IndexPrefix) || !NoteText.TryDecimal(line[IndexPrefix.Length..], out index))
        {
            return NoteFault.IndexLine;
        }

        start = next;
        return NoteFault.None;
    }

    /// <summary>Hashes up to the empty line.</summary>
    private static NoteFault ReadPath(ReadOnlySpan<byte> text, ref int start, out ImmutableArray<Digest> path)
    {
        const int LengthMax = 53;
        ImmutableArray<Digest>.Builder hashes = ImmutableArray.CreateBuilder<Digest>();
        path = [];
        while (true)
        {
            int next = start;
            if (!NoteText.TryLine(text, ref next, out ReadOnlySpan<byte> line))
            {
                return NoteFault.LineMissing;
            }

            if (line.IsEmpty)
            {
                start = next;
                path = hashes.ToImmutable();
                return NoteFault.None;
            }

            if (hashes.Count == LengthMax)
            {
                return NoteFault.PathLength;
            }

            if (!NoteText.TryHash(line, out Digest hash, out NoteFault fault))
            {
                return fault;
            }

            hashes.Add(hash);
            start = next;
        }
    }
}
