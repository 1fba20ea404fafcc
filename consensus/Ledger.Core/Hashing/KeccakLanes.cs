using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Ledger.Core.Hashing;

/// <summary>
/// Eight Keccak states side by side, permuted together: one vector instruction works on a word of all of them. The
/// sponge around them, where a block begins and what pads it, is the caller's, and may differ from lane to lane.
/// A mutable value of 1,600 bytes that allocates nothing: pass it by reference.
/// </summary>
public struct KeccakLanes
{
    /// <summary>States held.</summary>
    public const int Count = KeccakStates.Count;

    /// <summary>
    /// How far <see cref="ReadBlocks"/> may write past the block asked for: it writes whole vectors.
    /// </summary>
    public const int ReadSlackBytes = 56;

    private KeccakStates _states;

    /// <summary>How many states this machine permutes in one go: 8, 4 or 1. Fewer lanes than that save nothing.</summary>
    public static int Width => KeccakWord512.IsSupported ? 8 : KeccakWord256.IsSupported ? 4 : 1;

    /// <summary>XORs bytes into one state from byte <paramref name="position"/> on.</summary>
    public void Absorb(int lane, int position, ReadOnlySpan<byte> data)
    {
        CheckLane(lane);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, (KeccakState.Words * 8) - position);
        ref ulong state = ref _states[lane];
        int at = 0;
        for (; at < data.Length && (position & 7) != 0; at++, position++)
        {
            Word(ref state, position >> 3) ^= (ulong)data[at] << (8 * (position & 7));
        }

        ref byte source = ref MemoryMarshal.GetReference(data);
        for (; at + 8 <= data.Length; at += 8, position += 8)
        {
            Word(ref state, position >> 3) ^= ReadWord(ref Unsafe.Add(ref source, at));
        }

        for (; at < data.Length; at++, position++)
        {
            Word(ref state, position >> 3) ^= (ulong)data[at] << (8 * (position & 7));
        }
    }

    /// <summary>XORs the same whole words into all states, from their first byte on.</summary>
    /// <param name="data">A multiple of 8 bytes.</param>
    public void AbsorbInAll(ReadOnlySpan<byte> data)
    {
        Span<ulong> states = _states;
        for (int word = 0; data.Length >= 8; word++, data = data[8..])
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(data);
            foreach (ref ulong state in states.Slice(word * Count, Count))
            {
                state ^= value;
            }
        }
    }

    /// <summary>Ends the input of one state that has <paramref name="position"/> bytes in its last block.</summary>
    public void Pad(int lane, int position, int rate, byte suffix)
    {
        CheckLane(lane);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, KeccakState.Words * 8);
        ref ulong state = ref _states[lane];
        Word(ref state, position >> 3) ^= (ulong)suffix << (8 * (position & 7));
        Word(ref state, (rate - 1) >> 3) ^= 0x80UL << (8 * ((rate - 1) & 7));
    }

    /// <summary>
    /// XORs the next block of <paramref name="prefix"/> ‖ <paramref name="message"/> into one state; true if it is the
    /// last, padded one. Call <see cref="Permute"/> after each.
    /// </summary>
    /// <param name="position">Bytes taken so far, 0 at first; moved on.</param>
    public bool AbsorbBlock(
        int lane, int rate, byte suffix, ref int position, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> message)
    {
        int at = 0;
        if (position < prefix.Length)
        {
            at = Math.Min(rate, prefix.Length - position);
            Absorb(lane, 0, prefix.Slice(position, at));
            position += at;
        }

        ReadOnlySpan<byte> rest = message[Math.Max(0, position - prefix.Length)..];
        int taken = position < prefix.Length ? 0 : Math.Min(rate - at, rest.Length);
        Absorb(lane, at, rest[..taken]);
        position += taken;
        if (at + taken == rate)
        {
            return false;
        }

        Pad(lane, at + taken, rate, suffix);
        return true;
    }

    /// <summary>As many whole blocks as all eight inputs have, each permuted; returns the bytes taken from each.</summary>
    internal int AbsorbBlocks(in LaneBlocks inputs, int rate) => inputs.AbsorbAll(ref _states, rate);

    /// <summary>Permutes at least the first <paramref name="lanes"/> states.</summary>
    public void Permute(int lanes) => KeccakPermutation.Permute(ref _states, lanes);

    /// <summary>Permutes one state and no other, which takes less time than a whole width of them.</summary>
    public void PermuteAlone(int lane)
    {
        CheckLane(lane);
        KeccakPermutation.Permute<KeccakWord, ulong>(ref _states[lane], Count);
    }

    /// <summary>Copies the first bytes of one state.</summary>
    public readonly void Read(int lane, Span<byte> output)
    {
        CheckLane(lane);
        int word = 0;
        for (; output.Length >= 8; word++, output = output[8..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(output, _states[(word * Count) + lane]);
        }

        for (int i = 0; i < output.Length; i++)
        {
            output[i] = (byte)(_states[(word * Count) + lane] >> (8 * i));
        }
    }

    /// <summary>
    /// Copies the first <paramref name="rate"/> bytes of each of the first <paramref name="lanes"/> states (rounded up to
    /// <see cref="Width"/>) to <paramref name="buffer"/>, <paramref name="stride"/> bytes apart; up to
    /// <see cref="ReadSlackBytes"/> more behind each are overwritten.
    /// </summary>
    public readonly void ReadBlocks(int lanes, int rate, Span<byte> buffer, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lanes, Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, (KeccakState.Words - 1) * 8);
        lanes = (lanes + Width - 1) / Width * Width;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(((lanes - 1) * stride) + rate + ReadSlackBytes, buffer.Length);
        ref ulong first = ref Unsafe.AsRef(in _states[0]);
        int words = rate / 8;
        int word = 0;
        if (KeccakWord512.IsSupported)
        {
            for (; word + 2 < words; word += 8)
            {
                KeccakTransposition.Write8(ref Unsafe.Add(ref first, word * Count), buffer[(word * 8)..], stride);
            }
        }
        else if (KeccakWord256.IsSupported)
        {
            for (; word + 1 < words; word += 4)
            {
                for (int lane = 0; lane < lanes; lane += 4)
                {
                    KeccakTransposition.Write4(
                        ref Unsafe.Add(ref first, (word * Count) + lane), buffer[((lane * stride) + (word * 8))..], stride);
                }
            }
        }

        for (; word < words; word++)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(
                    buffer[((lane * stride) + (word * 8))..], Unsafe.Add(ref first, (word * Count) + lane));
            }
        }
    }

    /// <summary>Sets one state to zero, for the next input.</summary>
    public void Clear(int lane)
    {
        CheckLane(lane);
        ref ulong state = ref _states[lane];
        for (int word = 0; word < KeccakState.Words; word++)
        {
            Word(ref state, word) = 0;
        }
    }

    /// <summary>Wipes all states.</summary>
    public void Clear() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes((Span<ulong>)_states));

    /// <summary>The eight bytes that begin here, as a word of Keccak.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong ReadWord(ref byte source)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref source);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong Word(ref ulong state, int word) => ref Unsafe.Add(ref state, word * Count);

    private static void CheckLane(int lane) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)lane, (uint)Count);
}
