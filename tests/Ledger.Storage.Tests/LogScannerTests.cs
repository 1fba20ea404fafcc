using System.Buffers.Binary;
using System.Text;
using Ledger.Storage.Recovery;

namespace Ledger.Storage.Tests;

public sealed class LogScannerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>RFC 3720 appendix B.4, and the check value of the CRC catalogue.</summary>
    [Fact]
    public void Crc32c_gives_the_published_values()
    {
        Assert.Equal(0x8a9136aau, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62a8ab43u, Crc32C.Of(Enumerable.Repeat((byte)0xff, 32).ToArray()));
        Assert.Equal(0x46dd794eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(value => (byte)value)]));
        Assert.Equal(0xe3069283u, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));
    }

    [Fact]
    public void An_empty_log_is_sound()
    {
        LogScan scan = Scan([]);

        Assert.Null(scan.Fault);
        Assert.Null(scan.FirstSequence);
    }

    [Fact]
    public void Records_of_every_size_are_read()
    {
        int[] sizes = [12, 13, 100, 32_729, 32_730, 32_761, 32_768, 5, 70_000, 12, 200_000, 12];
        (byte[] log, _) = Log([.. sizes.Select(size => Math.Max(size, 12))]);

        LogScan scan = Scan(log);

        Assert.Null(scan.Fault);
        Assert.Equal(1u, scan.FirstSequence);
        Assert.Equal(1u + ((ulong)sizes.Length * 3), scan.NextSequence);
        Assert.Equal(log.Length, scan.WholeBytes);
    }

    [Fact]
    public void A_log_cut_anywhere_ends_with_its_last_whole_record()
    {
        (byte[] log, int[] ends) = Log([100, 2000, 33_000, 12, 40, 32_700, 500]);
        for (int length = 0; length < log.Length; length += length % 97 == 0 ? 1 : 13)
        {
            LogScan scan = Scan(log[..length]);

            int whole = ends.Count(end => end <= length);
            Assert.Equal(1u + ((ulong)whole * 3), scan.FirstSequence is null ? 1 : scan.NextSequence);
            Assert.Null(scan.Fault?.LaterRecord);
            Assert.True(scan.Fault is not null || PaddingOnly(log, ends, length), $"cut at {length} was not noticed");
        }
    }

    [Fact]
    public void A_byte_flipped_before_the_last_record_is_told_from_a_torn_tail()
    {
        (byte[] log, int[] ends) = Log([100, 2000, 33_000, 12, 40, 500]);
        for (int offset = 0; offset < ends[^2]; offset += 7)
        {
            if (IsPadding(log, ends, offset))
            {
                continue;
            }

            byte[] damaged = [.. log];
            damaged[offset] ^= 1;

            LogFault? fault = Scan(damaged).Fault;

            Assert.NotNull(fault);
            Assert.NotNull(fault.LaterRecord);
            Assert.True(fault.LaterRecord > offset || fault.Offset <= offset);
        }
    }

    [Fact]
    public void A_torn_batch_of_several_pieces_is_not_mistaken_for_damage()
    {
        // The middle and last pieces of the torn batch reached the disk, its first one did not.
        (byte[] log, int[] ends) = Log([100, 100_000]);
        Array.Clear(log, ends[0], 20_000);

        LogFault? fault = Scan(log).Fault;

        Assert.NotNull(fault);
        Assert.Null(fault.LaterRecord);
    }

    [Fact]
    public void A_gap_in_the_sequence_is_a_fault()
    {
        byte[] log = [.. Record(1, 3, 50), .. Record(4, 3, 50), .. Record(10, 3, 50)];

        LogFault? fault = Scan(log).Fault;

        Assert.NotNull(fault?.LaterRecord);
        Assert.Contains("changes 7 to 9 are missing", fault.Reason);
    }

    [Fact]
    public void Bytes_that_look_like_an_old_record_are_not_a_later_one()
    {
        // A value that holds a copy of the log's own beginning, in a batch that was torn.
        byte[] old = Record(1, 3, 50);
        byte[] torn = Record(7, 3, 400);
        old.CopyTo(torn, 100);
        byte[] log = [.. old, .. Record(4, 3, 50), .. torn];

        LogFault? fault = Scan(log).Fault;

        Assert.NotNull(fault);
        Assert.Null(fault.LaterRecord);
    }

    private static bool PaddingOnly(byte[] log, int[] ends, int length)
    {
        int end = ends.LastOrDefault(end => end <= length);
        return IsBlockTail(end, length) && log.AsSpan(end, length - end).IndexOfAnyExcept((byte)0) < 0;
    }

    private static bool IsBlockTail(int end, int length) =>
        end == length || LogScanner.BlockBytes - (end % LogScanner.BlockBytes) < LogScanner.HeaderBytes;

    private static bool IsPadding(byte[] log, int[] ends, int offset) =>
        log[offset] == 0 && LogScanner.BlockBytes - (offset % LogScanner.BlockBytes) < LogScanner.HeaderBytes
        && ends.Any(end => end <= offset && offset - end < LogScanner.HeaderBytes);

    private LogScan Scan(byte[] bytes)
    {
        string path = _folder.Sub("000001.log");
        File.WriteAllBytes(path, bytes);
        return LogScanner.Scan(path, sequenced: true);
    }

    private static byte[] Record(ulong sequence, uint count, int size) =>
        Frame([.. Pieces(Payload(sequence, count, size), 0)]);

    /// <summary>A log of batches with three changes each, and the offset behind each batch.</summary>
    private static (byte[] Log, int[] Ends) Log(int[] sizes)
    {
        var log = new List<byte>();
        var ends = new List<int>();
        ulong sequence = 1;
        foreach (int size in sizes)
        {
            foreach ((byte type, byte[] piece) in Pieces(Payload(sequence, 3, size), log.Count))
            {
                int left = LogScanner.BlockBytes - (log.Count % LogScanner.BlockBytes);
                log.AddRange(left < LogScanner.HeaderBytes ? new byte[left] : []);
                log.AddRange(Frame([(type, piece)]));
            }

            ends.Add(log.Count);
            sequence += 3;
        }

        return ([.. log], [.. ends]);
    }

    private static byte[] Payload(ulong sequence, uint count, int size)
    {
        byte[] payload = Noise.Bytes((int)sequence, size);
        BinaryPrimitives.WriteUInt64LittleEndian(payload, sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(8), count);
        return payload;
    }

    private static IEnumerable<(byte Type, byte[] Piece)> Pieces(byte[] payload, int position)
    {
        bool first = true;
        for (int at = 0; ;)
        {
            int left = LogScanner.BlockBytes - (position % LogScanner.BlockBytes);
            if (left < LogScanner.HeaderBytes)
            {
                position += left;
                continue;
            }

            int take = Math.Min(left - LogScanner.HeaderBytes, payload.Length - at);
            bool last = at + take == payload.Length;
            yield return ((byte)((first, last) switch { (true, true) => 1, (true, _) => 2, (_, false) => 3, _ => 4 }),
                payload[at..(at + take)]);
            if (last)
            {
                yield break;
            }

            first = false;
            at += take;
            position += LogScanner.HeaderBytes + take;
        }
    }

    private static byte[] Frame((byte Type, byte[] Piece)[] pieces) => [.. pieces.SelectMany(piece =>
    {
        byte[] framed = [0, 0, 0, 0, (byte)piece.Piece.Length, (byte)(piece.Piece.Length >> 8), piece.Type, .. piece.Piece];
        BinaryPrimitives.WriteUInt32LittleEndian(framed, Crc32C.Mask(Crc32C.Of(framed.AsSpan(6))));
        return framed;
    })];
}
