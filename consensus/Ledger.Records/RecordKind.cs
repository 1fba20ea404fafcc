namespace Ledger.Records;

/// <summary>What a record is for. A new kind comes with a new version of the format.</summary>
public enum RecordKind
{
    Genesis,
    Intent,
    Outcome,
    Model,
    Document,
    Measure,
    Incident,
    Oversight,
    Correction,
    Gap,
    Erasure,
    Hold,
    Key,
    Revoke,
    Root,
    Anchor,
    Governance,
}

public static class RecordKinds
{
    private static readonly string[] Words = [.. Enum.GetNames<RecordKind>().Select(name => name.ToLowerInvariant())];

    private static readonly byte[][] Utf8Words = [.. Words.Select(System.Text.Encoding.UTF8.GetBytes)];

    /// <summary>The word that stands in a record's <c>kind</c>.</summary>
    public static string Word(this RecordKind kind) => Words[(int)kind];

    public static bool TryParse(ReadOnlySpan<byte> utf8, out RecordKind kind)
    {
        for (int i = 0; i < Utf8Words.Length; i++)
        {
            if (utf8.SequenceEqual(Utf8Words[i]))
            {
                kind = (RecordKind)i;
                return true;
            }
        }

        kind = default;
        return false;
    }

    public static bool TryParse(string word, out RecordKind kind) =>
        TryParse(System.Text.Encoding.UTF8.GetBytes(word), out kind);
}
