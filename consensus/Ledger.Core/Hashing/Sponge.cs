using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Ledger.Core.Hashing;

/// <summary>
/// The sponge of FIPS 202 §4, fed and read in pieces of any size: absorb as often as wanted, then squeeze as often as
/// wanted. A mutable value that allocates nothing: pass it by reference. Create it with <see cref="Shake128"/>,
/// <see cref="Shake256"/> or <see cref="Sha3Of512"/>; the default value is no sponge and throws.
/// </summary>
public struct Sponge
{
    /// <summary>Bytes that SHAKE128 takes or gives between two permutations.</summary>
    public const int Shake128Rate = 168;

    /// <summary>Bytes that SHAKE256 takes or gives between two permutations.</summary>
    public const int Shake256Rate = 136;

    /// <summary>Bytes that SHA3-512 takes between two permutations.</summary>
    public const int Sha3Of512Rate = 72;

    /// <summary>What ends the input of the SHAKEs, before the padding.</summary>
    public const byte ShakeSuffix = 0x1f;
    /// <summary>What ends the input of the SHA-3 functions, before the padding.</summary>
    public const byte Sha3Suffix = 0x06;

    private KeccakState _state;
    private readonly byte _rate;
    private readonly byte _suffix;
    private byte _position;
    private bool _squeezing;

    private Sponge(int rate, byte suffix)
    {
        _rate = (byte)rate;
        _suffix = suffix;
    }

    /// <summary>SHAKE128 (FIPS 202 §6.2).</summary>
    public static Sponge Shake128() => new(Shake128Rate, ShakeSuffix);

    /// <summary>SHAKE256 (FIPS 202 §6.2).</summary>
    public static Sponge Shake256() => new(Shake256Rate, ShakeSuffix);

    /// <summary>SHA3-512 (FIPS 202 §6.1): squeeze 64 bytes, once.</summary>
    public static Sponge Sha3Of512() => new(Sha3Of512Rate, Sha3Suffix);

    /// <summary>Takes the next bytes of the input. Throws once squeezing has begun.</summary>
    public void Absorb(ReadOnlySpan<byte> data)
    {
        if (_squeezing || _rate == 0)
        {
            throw new InvalidOperationException("A sponge absorbs only before it is squeezed.");
        }

        while (data.Length > 0)
        {
            int count = Math.Min(data.Length, _rate - _position);
            Xor(ref _state, _position, data[..count]);
            data = data[count..];
            _position += (byte)count;
            if (_position == _rate)
            {
                KeccakPermutation.Permute(ref _state);
                _position = 0;
            }
        }
    }

    /// <summary>Gives the next bytes of the output, as many as <paramref name="output"/> holds.</summary>
    public void Squeeze(Span<byte> output)
    {
        if (!_squeezing)
        {
            Pad();
        }

        while (output.Length > 0)
        {
            if (_position == _rate)
            {
                KeccakPermutation.Permute(ref _state);
                _position = 0;
            }

            int count = Math.Min(output.Length, _rate - _position);
            CopyOut(in _state, _position, output[..count]);
            output = output[count..];
            _position += (byte)count;
        }
    }

    /// <summary>Wipes what was absorbed; the sponge cannot be used afterwards.</summary>
    public void Clear() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<Sponge>(ref this)));

    /// <summary>XORs bytes into the state from byte <paramref name="position"/> on, lanes being little-endian.</summary>
    internal static void Xor(ref KeccakState state, int position, ReadOnlySpan<byte> data)
    {
        int at = 0;
        for (; at < data.Length && (position & 7) != 0; at++, position++)
        {
            state[position >> 3] ^= (ulong)data[at] << (8 * (position & 7));
        }

        int words = (data.Length - at) >> 3;
        ref byte source = ref MemoryMarshal.GetReference(data);
        foreach (ref ulong word in ((Span<ulong>)state).Slice(position >> 3, words))
        {
            word ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref source, at));
            at += 8;
        }

        for (position += words * 8; at < data.Length; at++, position++)
        {
            state[position >> 3] ^= (ulong)data[at] << (8 * (position & 7));
        }
    }

    private void Pad()
    {
        if (_rate == 0)
        {
            throw new InvalidOperationException("This sponge has no function: create it with Shake128, Shake256 or Sha3Of512.");
        }

        _state[_position >> 3] ^= (ulong)_suffix << (8 * (_position & 7));
        _state[(_rate - 1) >> 3] ^= 0x80UL << 56;
        _squeezing = true;
        _position = _rate;
    }

    private static void CopyOut(in KeccakState state, int position, Span<byte> output)
    {
        for (int i = 0; i < output.Length;)
        {
            if ((position & 7) == 0 && output.Length - i >= 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(output[i..], state[position >> 3]);
                i += 8;
                position += 8;
            }
            else
            {
                output[i] = (byte)(state[position >> 3] >> (8 * (position & 7)));
                i++;
                position++;
            }
        }
    }
}
