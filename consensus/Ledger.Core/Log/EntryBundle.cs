using System.Buffers.Binary;

namespace Ledger.Core.Log;

/// <summary>
/// Entry bundles of C2SP tlog-tiles: each entry with its length before it, a big-endian uint16. Our entries are the
/// 32-byte entry hashes, so every length is 32, and a bundle of n entries has 34·n bytes.
/// </summary>
public static class EntryBundle
{
    /// <summary>Bytes of one entry with its length.</summary>
    public const int EntryBytes = sizeof(ushort) + Digest.Size;

    /// <param name="entries">1 to 256, from a multiple of 256 on.</param>
    public static byte[] Encode(ReadOnlySpan<EntryHash> entries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entries.Length, 1, nameof(entries));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries.Length, TileId.WidthMax, nameof(entries));
        byte[] bundle = new byte[entries.Length * EntryBytes];
        Span<byte> rest = bundle;
        foreach (EntryHash entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, Digest.Size);
            entry.Value.CopyTo(rest[sizeof(ushort)..]);
            rest = rest[EntryBytes..];
        }

        return bundle;
    }

    /// <summary>
    /// Fills <paramref name="entries"/> exactly, or returns false: another length of the bundle or of any entry.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bundle, Span<EntryHash> entries)
    {
        if (entries.Length is 0 or > TileId.WidthMax || bundle.Length != entries.Length * EntryBytes)
        {
            return false;
        }

        foreach (ref EntryHash entry in entries)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(bundle) != Digest.Size)
            {
                return false;
            }

            entry = new EntryHash(new Digest(bundle[sizeof(ushort)..EntryBytes]));
            bundle = bundle[EntryBytes..];
        }

        return true;
    }
}
