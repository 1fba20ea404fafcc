using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Ledger.Client.Files;
using Ledger.Core;

namespace Ledger.Client.Vaults;

/// <summary>
/// The file of one content, encrypted piece by piece with AES-256-GCM under a key that serves this file alone: 12 bytes
/// of header, then pieces of 65,536 bytes, the last one shorter or as long, each followed by its tag. The nonce is the
/// number of the piece and a flag on the last one, so that none can be left out, repeated or moved; the last piece is
/// bound to the name of the content. Memory does not grow with the content.
/// </summary>
internal static class SealedContent
{
    public const int KeyBytes = 32;
    public const int PieceBytes = 1 << 16;

    private const int TagBytes = 16;
    private const int NonceBytes = 12;

    /// <summary>What the file is, and the version of its form.</summary>
    private static ReadOnlySpan<byte> Header => "LedgerVault\u0001"u8;

    /// <summary>Writes a file as its plain bytes come, and hashes them.</summary>
    public sealed class Writer : IDisposable
    {
        private readonly Disk _disk;
        private readonly FileStream _file;
        private readonly AesGcm _cipher;
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _plain;
        private readonly byte[] _output;
        private int _filled;
        private ulong _piece;
        private long _offset;

        /// <param name="expectedBytes">A guess, so that a small content takes little memory.</param>
        public Writer(Disk disk, FileStream file, ReadOnlySpan<byte> key, long expectedBytes)
        {
            (_disk, _file, _cipher) = (disk, file, new AesGcm(key, TagBytes));
            int piece = (int)Math.Clamp(expectedBytes, 1, PieceBytes);
            _plain = new byte[piece == expectedBytes ? piece : PieceBytes];
            _output = new byte[_plain.Length + TagBytes];
            _disk.Write(_file, Header, 0);
            _offset = Header.Length;
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            while (!bytes.IsEmpty)
            {
                if (_filled == _plain.Length)
                {
                    if (_plain.Length < PieceBytes)
                    {
                        throw new InvalidOperationException("The content is longer than was said.");
                    }

                    Put(Header);
                }

                int count = Math.Min(_plain.Length - _filled, bytes.Length);
                bytes[..count].CopyTo(_plain.AsSpan(_filled));
                _filled += count;
                bytes = bytes[count..];
            }
        }

        /// <summary>Writes the last piece and syncs the file.</summary>
        /// <param name="name">What the content is called; null for the SHA-256 of its plain bytes.</param>
        /// <returns>The name.</returns>
        public Digest Finish(Digest? name = null)
        {
            Digest id = name ?? new Digest(_hash.GetHashAndReset());
            Span<byte> bound = stackalloc byte[Header.Length + Digest.Size];
            Bind(id, bound);
            Put(bound, last: true);
            _disk.Sync(_file);
            return id;
        }

        public void Dispose()
        {
            _cipher.Dispose();
            _hash.Dispose();
            CryptographicOperations.ZeroMemory(_plain);
        }

        private void Put(ReadOnlySpan<byte> bound, bool last = false)
        {
            Span<byte> nonce = stackalloc byte[NonceBytes];
            Number(_piece++, last, nonce);
            Span<byte> output = _output.AsSpan(0, _filled + TagBytes);
            _cipher.Encrypt(nonce, _plain.AsSpan(0, _filled), output[.._filled], output[_filled..], bound);
            _disk.Write(_file, output, _offset);
            _offset += output.Length;
            _filled = 0;
        }
    }

    /// <summary>Takes one piece of a content; false ends the reading.</summary>
    public delegate bool TakePiece(ReadOnlySpan<byte> plain);

    /// <summary>
    /// Decrypts a file piece by piece. False if it is not, whole and unchanged, what was written under this key and
    /// name: then what was handed out before counts for nothing.
    /// </summary>
    public static bool TryRead(FileStream file, ReadOnlySpan<byte> key, Digest name, TakePiece take)
    {
        long left = RandomAccess.GetLength(file.SafeFileHandle) - Header.Length;
        Span<byte> header = stackalloc byte[Header.Length];
        if (left < TagBytes || RandomAccess.Read(file.SafeFileHandle, header, 0) < header.Length
            || !header.SequenceEqual(Header))
        {
            return false;
        }

        Span<byte> bound = stackalloc byte[Header.Length + Digest.Size];
        Bind(name, bound);
        Span<byte> nonce = stackalloc byte[NonceBytes];
        using AesGcm cipher = new(key, TagBytes);
        byte[] input = new byte[Math.Min(left, PieceBytes + TagBytes)];
        byte[] plain = new byte[input.Length - TagBytes];
        long offset = Header.Length;
        for (ulong piece = 0; left > 0; piece++)
        {
            int length = (int)Math.Min(left, PieceBytes + TagBytes);
            bool last = length == left;
            Number(piece, last, nonce);
            if (length < TagBytes
                || ReadAll(file, input.AsSpan(0, length), offset) < length
                || !TryDecrypt(cipher, nonce, input.AsSpan(0, length), plain, last ? bound : Header)
                || !take(plain.AsSpan(0, length - TagBytes)))
            {
                return false;
            }

            offset += length;
            left -= length;
        }

        return true;
    }

    private static bool TryDecrypt(
        AesGcm cipher, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> input, Span<byte> plain, ReadOnlySpan<byte> bound)
    {
        try
        {
            cipher.Decrypt(nonce, input[..^TagBytes], input[^TagBytes..], plain[..(input.Length - TagBytes)], bound);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static int ReadAll(FileStream file, Span<byte> bytes, long offset)
    {
        int read = 0;
        int now;
        while (read < bytes.Length && (now = RandomAccess.Read(file.SafeFileHandle, bytes[read..], offset + read)) > 0)
        {
            read += now;
        }

        return read;
    }

    /// <summary>Eleven bytes count the pieces, big-endian; the last byte is 1 in the last piece.</summary>
    private static void Number(ulong piece, bool last, Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[3..], piece);
        nonce[^1] = last ? (byte)1 : (byte)0;
    }

    private static void Bind(Digest name, Span<byte> bound)
    {
        Header.CopyTo(bound);
        name.Span.CopyTo(bound[Header.Length..]);
    }
}
