using Ledger.Client.Model;
using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Records.Streams;

namespace Ledger.Client.Files;

/// <summary>What a chain file holds, every record of it checked as a stranger would.</summary>
/// <param name="Length">Bytes of the whole records.</param>
/// <param name="Torn">Bytes behind them that are the beginning of one more record; mostly none.</param>
/// <param name="Unfinished">Intents that no outcome answers, in their order.</param>
/// <param name="Models">What the <c>model</c> records attest.</param>
internal sealed record ChainScan(
    StreamState State, long Length, byte[] Torn, IReadOnlyList<RecordId> Unfinished, AttestedStates Models)
{
    private const int PieceBytes = 1 << 16;

    /// <exception cref="ChainFileException">The file is no sound chain.</exception>
    public static ChainScan Of(FileStream file, string path, CancellationToken stop)
    {
        RecordSplitter splitter = new();
        ChainVerifier verifier = new();
        Dictionary<RecordId, int> open = [];
        AttestedStates models = new();
        byte[] piece = new byte[PieceBytes];
        long position = 0;
        int read;
        while (!verifier.IsDecided && (read = RandomAccess.Read(file.SafeFileHandle, piece, position)) > 0)
        {
            stop.ThrowIfCancellationRequested();
            position += read;
            splitter.Append(piece.AsSpan(0, read));
            while (!verifier.IsDecided && splitter.TryTake(out ReadOnlyMemory<byte> item, out _))
            {
                verifier.Append(item.Span);
                Note(item, open, models);
            }

            if (splitter.Fault is { } unreadable)
            {
                long at = splitter.Offset + (unreadable.Offset ?? 0);
                throw Corrupt(path, verifier.Records, $"{unreadable.Reason}, at byte {at}");
            }
        }

        ChainVerdict verdict = verifier.Complete();
        if (verdict.Verdict == Verdict.Invalid)
        {
            throw Corrupt(path, verdict.Index ?? 0, verdict.Reason);
        }

        byte[] torn = new byte[splitter.Pending];
        RandomAccess.Read(file.SafeFileHandle, torn, splitter.Offset);
        if (!IsBeginningOfRecord(torn, verifier.State!))
        {
            throw Corrupt(path, verifier.Records, "what stands behind the last whole record begins no other one");
        }

        RecordId[] unfinished = [.. open.OrderBy(pair => pair.Value).Select(pair => pair.Key)];
        return new ChainScan(verifier.State!, splitter.Offset, torn, unfinished, models);
    }

    private static void Note(ReadOnlyMemory<byte> item, Dictionary<RecordId, int> open, AttestedStates models)
    {
        if (!Record.TryParse(item, out Record? record, out _))
        {
            return;
        }

        models.Note(record);

        switch (record.Kind)
        {
            case RecordKind.Intent:
                open[record.Id] = checked((int)record.Seq.Value);
                break;
            case RecordKind.Outcome:
                open.Remove(new RecordId(record.BodyMember("intent"u8)[2..]));
                break;
        }
    }

    /// <summary>
    /// Whether a record by a key of this stream could begin so: a write that a crash cut short leaves this and nothing
    /// else. Other bytes come from elsewhere, and nobody cuts away what he cannot explain.
    /// </summary>
    private static bool IsBeginningOfRecord(ReadOnlySpan<byte> torn, StreamState state)
    {
        KeyId[] signers = state.Recovery is { } recovery ? [state.Current.Kid, recovery] : [state.Current.Kid];
        foreach (KeyId signer in signers)
        {
            // Tag 18, an array of four; the header as a byte string of one, two or three length bytes.
            bool begins = BeginsLike(torn, [0xd2, 0x84]);
            int head = torn.Length < 3 ? 0 : torn[2] switch { 0x58 => 2, 0x59 => 3, _ => -1 };
            byte[] header =
            [
                0xa4, 0x01, 0x38, 0x30, 0x03, 0x74, .. "application/oar+cbor"u8, 0x04, 0x58, 0x20, .. signer.Value.Span,
            ];
            if (begins && head >= 0 && (torn.Length <= 2 + head || BeginsLike(torn[(2 + head)..], header)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool BeginsLike(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> pattern)
    {
        int length = Math.Min(bytes.Length, pattern.Length);
        return bytes[..length].SequenceEqual(pattern[..length]);
    }

    private static ChainFileException Corrupt(string path, long index, string reason) => new(
        ChainFileError.Corrupt,
        $"{path} is damaged at record {index}: {reason}. Nothing was changed. Restore the file from a copy; records "
            + "that were submitted can be had from a node.");
}
