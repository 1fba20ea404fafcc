using System.Globalization;
using System.Text;

namespace Ledger.Core.Log;

/// <summary>What a tile path names.</summary>
public enum TileKind
{
    /// <summary><c>tile/L/N</c>: hashes.</summary>
    Hashes,

    /// <summary><c>tile/entries/N</c>: a bundle of entries; its level is 0.</summary>
    Entries,
}

/// <summary>
/// Paths of C2SP tlog-tiles, <c>tile/L/N[.p/W]</c> and <c>tile/entries/N[.p/W]</c>. N is written in groups of three
/// digits, all but the last with an <c>x</c> before them, so that a path is a file name too: 1234067 is
/// <c>x001/x234/067</c>. Each tile has exactly one path, and nothing else is read.
/// </summary>
public static class TilePath
{
    private const string Root = "tile/";
    private const string EntriesRoot = "tile/entries/";
    private const int GroupDigits = 3;
    private const int LevelLimit = 63;

    /// <summary>2^53 - 1 has 16 digits, which make six groups.</summary>
    private const int GroupsMax = 6;

    /// <summary>Path of a tile of hashes.</summary>
    public static string Format(in TileId tile) =>
        string.Create(CultureInfo.InvariantCulture, $"{Root}{tile.Level}/{Place(tile)}");

    /// <summary>Path of the bundle with the entries under a tile of level 0.</summary>
    public static string FormatEntries(in TileId tile) => EntriesRoot + Place(tile);

    /// <summary>Reads a path without a leading slash. Says nothing about whether such a tile exists.</summary>
    public static bool TryParse(ReadOnlySpan<char> path, out TileKind kind, out TileId tile)
    {
        kind = TileKind.Hashes;
        tile = default;
        int level = 0;
        ReadOnlySpan<char> rest;
        if (path.StartsWith(EntriesRoot))
        {
            kind = TileKind.Entries;
            rest = path[EntriesRoot.Length..];
        }
        else
        {
            int slash = path.StartsWith(Root) ? path[Root.Length..].IndexOf('/') : -1;
            if (slash < 0 || !TryDecimal(path.Slice(Root.Length, slash), LevelLimit, out level))
            {
                return false;
            }

            rest = path[(Root.Length + slash + 1)..];
        }

        int width = TileId.WidthMax;
        int suffix = rest.IndexOf(".p/");
        if (suffix >= 0)
        {
            if (!TryDecimal(rest[(suffix + 3)..], TileId.WidthMax - 1, out width) || width == 0)
            {
                return false;
            }

            rest = rest[..suffix];
        }

        if (!TryIndex(rest, out ulong index))
        {
            return false;
        }

        tile = new TileId((byte)level, index, width);
        return true;
    }

    private static string Place(in TileId tile)
    {
        StringBuilder path = new();
        string digits = tile.Index.ToString(CultureInfo.InvariantCulture);
        digits = digits.PadLeft((digits.Length + GroupDigits - 1) / GroupDigits * GroupDigits, '0');
        for (int start = 0; start < digits.Length; start += GroupDigits)
        {
            bool last = start + GroupDigits == digits.Length;
            path.Append(last ? "" : "x").Append(digits, start, GroupDigits).Append(last ? "" : "/");
        }

        path.Append(tile.IsPartial ? string.Create(CultureInfo.InvariantCulture, $".p/{tile.Width}") : "");
        return path.ToString();
    }

    private static bool TryIndex(ReadOnlySpan<char> path, out ulong index)
    {
        index = 0;
        for (int group = 0; group < GroupsMax; group++)
        {
            bool last = path.Length == GroupDigits;
            if (!last && (path.Length < GroupDigits + 2 || path[0] != 'x' || path[GroupDigits + 1] != '/'))
            {
                return false;
            }

            foreach (char digit in path.Slice(last ? 0 : 1, GroupDigits))
            {
                if (!char.IsAsciiDigit(digit))
                {
                    return false;
                }

                index = (index * 10) + (ulong)(digit - '0');
            }

            if (last)
            {
                return index <= Limits.Integer;
            }

            // A leading group of zeros would give the tile a second path.
            if (group == 0 && index == 0)
            {
                return false;
            }

            path = path[(GroupDigits + 2)..];
        }

        return false;
    }

    private static bool TryDecimal(ReadOnlySpan<char> digits, int limit, out int value)
    {
        value = 0;
        if (digits.Length is 0 or > 3 || (digits[0] == '0' && digits.Length > 1))
        {
            return false;
        }

        foreach (char digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return value <= limit;
    }
}
