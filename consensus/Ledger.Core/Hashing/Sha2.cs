using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Ledger.Core.Hashing;

/// <summary>
/// SHA-256 (FIPS 180-4) of many messages at once. The platform hashes one after the other; sixteen side by side
/// take less than half of that, where the processor has AVX-512 and the messages keep it busy. The same bytes.
/// </summary>
public static class Sha2
{
    /// <summary>Entries by the batch. Allocates nothing.</summary>
    /// <param name="entries">As many as there are messages, written.</param>
    public static void Hash256(ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<EntryHash> entries)
    {
        if (entries.Length != messages.Length)
        {
            throw new ArgumentException(
                $"There are {messages.Length} messages and {entries.Length} places.", nameof(entries));
        }

        if (Sha256Lanes.IsSupported && FillsTheLanes(messages))
        {
            Sha256Run.Hash(messages, entries);
            return;
        }

        for (int i = 0; i < messages.Length; i++)
        {
            entries[i] = EntryHash.Of(messages[i].Span);
        }
    }

    /// <summary>
    /// Sixteen blocks side by side take as long as some seven of the platform's. No message may be longer than a
    /// sixteenth of all: then no more than half of the lanes' time goes idle, whatever the lengths and their order.
    /// </summary>
    internal static bool FillsTheLanes(ReadOnlySpan<ReadOnlyMemory<byte>> messages)
    {
        long total = 0;
        long longest = 0;
        foreach (ReadOnlyMemory<byte> message in messages)
        {
            long blocks = Sha256Run.Blocks(message.Length);
            total += blocks;
            longest = Math.Max(longest, blocks);
        }

        return messages.Length > 0 && longest * Sha256Lanes.Count <= total;
    }
}

/// <summary>
/// Messages on their way through the lanes: each lane works on one, and takes the next as soon as it is done.
/// </summary>
internal ref struct Sha256Run
{
    /// <summary>Blocks that are laid out before they are hashed.</summary>
    private const int BlocksAtOnce = 8;

    private const int Stride = BlocksAtOnce * Sha256Lanes.BlockBytes;
    private const int LengthBytes = 8;
    private const int Idle = -1;

    private readonly ReadOnlySpan<ReadOnlyMemory<byte>> _messages;
    private readonly Span<byte> _buffer;
    private readonly Span<int> _owners;
    private readonly Span<int> _blocksDone;
    private Sha256Lanes _lanes;
    private int _next;
    private int _busy;

    private Sha256Run(
        ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<byte> buffer, Span<int> owners, Span<int> blocksDone)
    {
        _messages = messages;
        _buffer = buffer;
        _owners = owners;
        _blocksDone = blocksDone;
        for (int lane = 0; lane < Sha256Lanes.Count; lane++)
        {
            TakeNext(lane);
        }
    }

    /// <summary>Blocks of a message, its padding included.</summary>
    public static int Blocks(int length) => (int)(((uint)length + LengthBytes) / Sha256Lanes.BlockBytes) + 1;

    [SkipLocalsInit]
    public static void Hash(ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<EntryHash> entries)
    {
        Span<byte> buffer = stackalloc byte[Sha256Lanes.Count * Stride];
        Span<int> owners = stackalloc int[Sha256Lanes.Count];
        Span<int> blocksDone = stackalloc int[Sha256Lanes.Count];
        Span<byte> hash = stackalloc byte[Digest.Size];
        Sha256Run run = new(messages, buffer, owners, blocksDone);
        while (run._busy > 0)
        {
            run.Advance();
            for (int lane = 0; lane < Sha256Lanes.Count; lane++)
            {
                if (owners[lane] != Idle && run.Remaining(lane) == 0)
                {
                    run._lanes.Read(lane, hash);
                    entries[owners[lane]] = new EntryHash(new Digest(hash));
                    run._busy--;
                    run.TakeNext(lane);
                }
            }
        }
    }

    private readonly int Remaining(int lane) => Blocks(_messages[_owners[lane]].Length) - _blocksDone[lane];

    private void TakeNext(int lane)
    {
        _owners[lane] = Idle;
        if (_next < _messages.Length)
        {
            _owners[lane] = _next++;
            _blocksDone[lane] = 0;
            _lanes.Begin(lane);
            _busy++;
        }
    }

    /// <summary>As many blocks as every busy lane has. Idle lanes go over whatever lies in their place.</summary>
    private void Advance()
    {
        int blocks = BlocksAtOnce;
        for (int lane = 0; lane < Sha256Lanes.Count; lane++)
        {
            if (_owners[lane] != Idle)
            {
                blocks = Math.Min(blocks, Remaining(lane));
            }
        }

        for (int lane = 0; lane < Sha256Lanes.Count; lane++)
        {
            if (_owners[lane] != Idle)
            {
                LayOut(
                    _messages[_owners[lane]].Span, _blocksDone[lane],
                    _buffer.Slice(lane * Stride, blocks * Sha256Lanes.BlockBytes));
                _blocksDone[lane] += blocks;
            }
        }

        for (int block = 0; block < blocks; block++)
        {
            _lanes.Compress(_buffer[(block * Sha256Lanes.BlockBytes)..], Stride);
        }
    }

    /// <summary>
    /// The padded message from a block on: its bytes, a one bit, zeros, and at the very end its length in bits.
    /// </summary>
    private static void LayOut(ReadOnlySpan<byte> message, int block, Span<byte> target)
    {
        long start = (long)block * Sha256Lanes.BlockBytes;
        ReadOnlySpan<byte> rest = message[(int)Math.Min(start, message.Length)..];
        int count = Math.Min(rest.Length, target.Length);
        rest[..count].CopyTo(target);
        if (count == target.Length)
        {
            return;
        }

        target[count..].Clear();
        if (start + count == message.Length)
        {
            target[count] = 0x80;
        }

        if (start + target.Length == (long)Blocks(message.Length) * Sha256Lanes.BlockBytes)
        {
            BinaryPrimitives.WriteUInt64BigEndian(target[^LengthBytes..], 8 * (ulong)message.Length);
        }
    }
}
