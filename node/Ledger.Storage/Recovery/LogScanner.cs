using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Storage.Recovery;

/// <summary>
/// Reads a log file the way RocksDB does, but where RocksDB takes what it cannot read near the end for a torn write and
/// goes on, this says what it saw. Format (rocksdb wiki, "Write Ahead Log File Format"): blocks of 32 KiB; in them records of
/// masked CRC-32C over type and payload (4) ‖ payload length (2) ‖ type (1) ‖ payload, integers little-endian; a
/// batch is one record or a first, middle and last one; fewer than 7 bytes at a block's end are padding.
/// </summary>
internal sealed class LogScanner
{
    internal const int BlockBytes = 32 * 1024;
    internal const int HeaderBytes = 7;

    private const byte Full = 1;
    private const byte First = 2;
    private const byte Middle = 3;
    private const byte Last = 4;

    /// <summary>From here on types announce settings, not batches: compression, timestamps, the log before.</summary>
    private const byte FirstControl = 9;

    /// <summary>A batch begins with its sequence number (8) and the count of its changes (4).</summary>
    private const int BatchHeaderBytes = 12;

    /// <summary>RocksDB keeps 56 bits for sequence numbers.</summary>
    private const ulong SequenceMax = (1UL << 56) - 1;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly bool _sequenced;
    private readonly BatchReader? _reader;
    private readonly ArrayBufferWriter<byte> _batch = new();
    private readonly long _length;
    private readonly byte[] _block = new byte[BlockBytes];
    private readonly byte[] _head = new byte[BatchHeaderBytes];
    private long _blockStart = -1;
    private int _headBytes;
    private long _begun = -1;
    private long _whole;
    private ulong? _firstSequence;
    private ulong _nextSequence;
    private bool _gap;

    private LogScanner(SafeFileHandle file, string path, bool sequenced, BatchReader? reader)
    {
        _reader = reader;
        _file = file;
        _path = path;
        _sequenced = sequenced;
        _length = RandomAccess.GetLength(file);
    }

    /// <summary>Takes one whole batch or entry. The bytes are valid during the call.</summary>
    internal delegate void BatchReader(ReadOnlySpan<byte> batch);

    /// <param name="sequenced">True for a write-ahead log, whose records begin with a sequence number.</param>
    /// <param name="reader">Given each whole batch in turn; null when nobody wants them.</param>
    internal static LogScan Scan(string path, bool sequenced, BatchReader? reader = null)
    {
        using SafeFileHandle file = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return new LogScanner(file, path, sequenced, reader).Run();
    }

    private LogScan Run()
    {
        long position = 0;
        while (position < _length)
        {
            int left = BlockBytes - (int)(position % BlockBytes);
            if (left < HeaderBytes)
            {
                position += left;
                continue;
            }

            if (!TryRead(position, out Record record, out string reason))
            {
                return Broken(_begun < 0 ? position : _begun, position, reason);
            }

            if (record.Type < FirstControl && Accept(record, position) is { } refusal)
            {
                // Behind a gap in the sequence the record itself is sound, and is the later one.
                return Broken(_begun < 0 ? position : _begun, _gap ? _begun : position, refusal);
            }

            position += HeaderBytes + record.Payload.Length;
            if (record.Type is Full or Last or >= FirstControl)
            {
                _whole = position;
            }
        }

        return _begun >= 0 ? Broken(_begun, _length, "its last record is cut off") : Result(null);
    }

    /// <summary>Takes a sound piece of a batch; returns why it does not fit, or null.</summary>
    private string? Accept(Record piece, long position)
    {
        bool begins = piece.Type is Full or First;
        if (begins != _begun < 0)
        {
            return begins ? "a record has no end" : "a record has no beginning";
        }

        if (begins)
        {
            _headBytes = 0;
            _begun = position;
            _batch.ResetWrittenCount();
        }

        int take = Math.Min(BatchHeaderBytes - _headBytes, piece.Payload.Length);
        piece.Payload[..take].CopyTo(_head.AsSpan(_headBytes));
        _headBytes += take;
        if (_reader is not null)
        {
            _batch.Write(piece.Payload);
        }

        if (piece.Type is not (Full or Last))
        {
            return null;
        }

        string? refusal = _sequenced ? CountSequence() : null;
        if (refusal is null)
        {
            _begun = -1;
            _reader?.Invoke(_batch.WrittenSpan);
        }

        return refusal;
    }

    private string? CountSequence()
    {
        if (_headBytes < BatchHeaderBytes)
        {
            return "a record is too short for a batch";
        }

        ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(_head);
        if (_firstSequence is not null && sequence > _nextSequence)
        {
            _gap = true;
            return $"changes {_nextSequence} to {sequence - 1} are missing before a record";
        }

        _firstSequence ??= sequence;
        _nextSequence = Math.Max(_nextSequence, sequence + BinaryPrimitives.ReadUInt32LittleEndian(_head.AsSpan(8)));
        return null;
    }

    private bool TryRead(long position, out Record record, out string reason)
    {
        record = default;
        reason = "";
        ReadOnlySpan<byte> rest = Block(position);
        if (rest.Length < HeaderBytes)
        {
            reason = "the header of its last record is cut off";
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]);
        byte type = rest[6];
        if (rest.Length < HeaderBytes + length)
        {
            reason = "a record's length runs past what is there";
            return false;
        }

        if (type is 0 or (> Last and < FirstControl))
        {
            reason = $"a record has the type {type}";
            return false;
        }

        if (!ChecksumMatches(rest, length))
        {
            reason = "a record's checksum does not match";
            return false;
        }

        record = new Record(type, rest.Slice(HeaderBytes, length));
        return true;
    }

    private LogScan Broken(long offset, long from, string reason) =>
        Result(new LogFault(offset, reason, FindLater(from)));

    private LogScan Result(LogFault? fault) =>
        new(_path, _length, _whole, _firstSequence, _nextSequence, fault);

    /// <summary>
    /// Looks for the beginning of a sound record at every offset from <paramref name="from"/> on. Pieces from the
    /// middle of a batch do not count: they may belong to the torn write itself. Nor do sequence numbers that cannot
    /// follow, so that chance has little hold.
    /// </summary>
    private long? FindLater(long from)
    {
        for (long start = from - (from % BlockBytes); start < _length; start += BlockBytes)
        {
            ReadOnlySpan<byte> block = Block(start);
            for (int at = (int)Math.Max(0, from - start); at + HeaderBytes <= block.Length; at++)
            {
                if (block[at + 6] is Full or First && IsBeginning(block[at..], start + at))
                {
                    return start + at;
                }
            }
        }

        return null;
    }

    private bool IsBeginning(ReadOnlySpan<byte> rest, long position)
    {
        int length = BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]);
        if (length == 0 || rest.Length < HeaderBytes + length)
        {
            return false;
        }

        // A first piece always fills its block.
        if (rest[6] == First && (position + HeaderBytes + length) % BlockBytes != 0)
        {
            return false;
        }

        if (_sequenced && length >= sizeof(ulong))
        {
            ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(rest[HeaderBytes..]);
            if (sequence < _nextSequence || sequence > SequenceMax)
            {
                return false;
            }
        }

        return ChecksumMatches(rest, length);
    }

    private static bool ChecksumMatches(ReadOnlySpan<byte> rest, int length) =>
        BinaryPrimitives.ReadUInt32LittleEndian(rest) == Crc32C.Mask(Crc32C.Of(rest.Slice(6, 1 + length)));

    /// <summary>The bytes from <paramref name="position"/> to the end of its block or of the file.</summary>
    private ReadOnlySpan<byte> Block(long position)
    {
        long start = position - (position % BlockBytes);
        int size = (int)Math.Min(BlockBytes, _length - start);
        if (start != _blockStart)
        {
            int read = 0;
            while (read < size)
            {
                int count = RandomAccess.Read(_file, _block.AsSpan(read, size - read), start + read);
                if (count == 0)
                {
                    throw new IOException($"{_path} became shorter while it was read.");
                }

                read += count;
            }

            _blockStart = start;
        }

        return _block.AsSpan((int)(position - start), size - (int)(position - start));
    }

    private readonly ref struct Record(byte type, ReadOnlySpan<byte> payload)
    {
        internal byte Type { get; } = type;

        internal ReadOnlySpan<byte> Payload { get; } = payload;
    }
}
