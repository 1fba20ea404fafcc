namespace Ledger.Records.Tests.Vectors;

/// <summary>
/// Many files that share most of their bytes, as stretches of one pool. A file is a list of stretches
/// <c>[offset, length]</c>, one behind the other.
/// </summary>
internal sealed class PoolWriter
{
    private const int Gram = 48;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<byte> _pool = [];

    public byte[] Pool => [.. _pool];

    /// <summary>The stretches that make up the file; what the pool does not hold yet is added to it.</summary>
    public List<(int Offset, int Length)> Add(byte[] file)
    {
        List<(int Offset, int Length)> parts = [];
        int literal = 0;
        int i = 0;
        while (i < file.Length)
        {
            (int offset, int length) = Longest(file, i);
            if (length == 0)
            {
                i++;
                continue;
            }

            Literal(file, literal, i, parts);
            parts.Add((offset, length));
            i += length;
            literal = i;
        }

        Literal(file, literal, file.Length, parts);
        return parts;
    }

    private (int Offset, int Length) Longest(byte[] file, int start)
    {
        if (file.Length - start < Gram
            || !_places.TryGetValue(Convert.ToHexString(file, start, Gram), out int offset))
        {
            return (0, 0);
        }

        int length = Gram;
        while (start + length < file.Length && offset + length < _pool.Count
            && _pool[offset + length] == file[start + length])
        {
            length++;
        }

        return (offset, length);
    }

    private void Literal(byte[] file, int start, int end, List<(int Offset, int Length)> parts)
    {
        if (start == end)
        {
            return;
        }

        int offset = _pool.Count;
        _pool.AddRange(file.AsSpan(start, end - start));
        parts.Add((offset, end - start));
        byte[] around = [.. _pool.Skip(Math.Max(0, offset - Gram))];
        int first = Math.Max(0, offset - Gram);
        for (int i = 0; i + Gram <= around.Length; i++)
        {
            _places.TryAdd(Convert.ToHexString(around, i, Gram), first + i);
        }
    }
}
