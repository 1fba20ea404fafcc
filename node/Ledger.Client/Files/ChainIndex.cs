using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Client.Files;

/// <summary>
/// A chain file, every record of it verified, in which records are looked up by their ids. Another process may be
/// writing it: what counts are the whole records found. Memory grows with the number of records, not with their length.
/// </summary>
internal sealed class ChainIndex : IDisposable
{
    private const int PieceBytes = 1 << 16;

    private readonly FileStream _file;
    private readonly string _path;
    private readonly Dictionary<RecordId, (long Offset, int Length)> _places = [];
    private readonly Dictionary<RecordId, RecordId> _outcomes = [];
    private readonly List<Record> _holds = [];
    private readonly List<Record> _erasures = [];

    private ChainIndex(FileStream file, string path) => (_file, _path) = (file, path);

    /// <summary>The first record, a genesis record.</summary>
    public Record Genesis { get; private set; } = null!;

    public StreamId Stream => Genesis.Stream;

    /// <summary>In their order, as the next two.</summary>
    public IEnumerable<RecordId> Ids => _places.Keys;

    public IReadOnlyList<Record> Holds => _holds;

    public IReadOnlyList<Record> Erasures => _erasures;

    /// <exception cref="ChainFileException">There is no such file, or it is no sound chain.</exception>
    public static ChainIndex Open(string path, Disk disk, CancellationToken stop)
    {
        FileStream? file = null;
        try
        {
            file = disk.OpenReading(path);
            ChainIndex index = new(file, path);
            index.ReadAll(stop);
            return index;
        }
        catch (Exception e)
        {
            file?.Dispose();
            throw e switch
            {
                FileNotFoundException or DirectoryNotFoundException =>
                    new ChainFileException(ChainFileError.Missing, $"There is no chain file {path}.", e),
                _ when Disk.IsTrouble(e) =>
                    new ChainFileException(ChainFileError.Disk, $"{path} cannot be read: {e.Message}", e),
                _ => e,
            };
        }
    }

    /// <summary>Null if the chain does not hold it.</summary>
    public Record? Find(RecordId id)
    {
        if (!_places.TryGetValue(id, out (long Offset, int Length) place))
        {
            return null;
        }

        byte[] bytes = new byte[place.Length];
        int read = 0;
        int now;
        while (read < bytes.Length
            && (now = RandomAccess.Read(_file.SafeFileHandle, bytes.AsSpan(read), place.Offset + read)) > 0)
        {
            read += now;
        }

        return Record.TryParse(bytes, out Record? record, out Fault? fault) ? record : throw Damaged(0, fault.Reason);
    }

    /// <summary>The outcome that answers an intent; null if none does yet.</summary>
    public Record? OutcomeOf(RecordId intent) =>
        _outcomes.TryGetValue(intent, out RecordId outcome) ? Find(outcome) : null;

    public void Dispose() => _file.Dispose();

    private void ReadAll(CancellationToken stop)
    {
        RecordSplitter splitter = new();
        ChainVerifier verifier = new();
        byte[] piece = new byte[PieceBytes];
        long position = 0;
        int read;
        while (!verifier.IsDecided && (read = RandomAccess.Read(_file.SafeFileHandle, piece, position)) > 0)
        {
            stop.ThrowIfCancellationRequested();
            position += read;
            splitter.Append(piece.AsSpan(0, read));
            while (splitter.TryTake(out ReadOnlyMemory<byte> item, out long offset))
            {
                verifier.Append(item.Span);
                Note(item, offset);
            }

            if (splitter.Fault is { } unreadable)
            {
                throw Damaged(_places.Count, unreadable.Reason);
            }
        }

        ChainVerdict verdict = verifier.Complete();
        if (verdict.Verdict == Verdict.Invalid)
        {
            throw Damaged(verdict.Index ?? 0, verdict.Reason);
        }
    }

    private void Note(ReadOnlyMemory<byte> item, long offset)
    {
        if (!Record.TryParse(item, out Record? record, out _))
        {
            return;
        }

        Genesis ??= record;
        _places[record.Id] = (offset, item.Length);
        switch (record.Kind)
        {
            case RecordKind.Outcome:
                _outcomes[new RecordId(((CborBytes)record.DecodeBody()["intent"]).Span)] = record.Id;
                break;
            case RecordKind.Hold:
                _holds.Add(record);
                break;
            case RecordKind.Erasure:
                _erasures.Add(record);
                break;
        }
    }

    private ChainFileException Damaged(long index, string reason) => new(
        ChainFileError.Corrupt,
        $"{_path} is damaged at record {index}: {reason}. Restore the file from a copy; records that were submitted "
            + "can be had from a node.");
}
