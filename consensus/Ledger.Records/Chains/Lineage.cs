using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Records.Chains;

/// <summary>How a cited record stands to the one that cites it, in one file or log.</summary>
public enum CauseStanding
{
    /// <summary>It stands before the record that cites it.</summary>
    Before,

    /// <summary>It stands after it: what was cited reached this log later.</summary>
    After,

    /// <summary>It is not there. Nothing follows from that: no node requires causes.</summary>
    NotShown,
}

/// <summary>One entry of a record's <c>causes</c>.</summary>
/// <param name="Index">Position of the citing record.</param>
/// <param name="CauseIndex">Position of the cited one; null if it is not shown.</param>
public readonly record struct CauseLink(int Index, RecordId Cause, int? CauseIndex, CauseStanding Standing);

/// <summary>The graph that <c>causes</c> spans over some records, of whatever streams.</summary>
public static class Lineage
{
    /// <param name="records">In the order of the file or log. Memory is in proportion to them.</param>
    public static ImmutableArray<CauseLink> Of(IReadOnlyList<Record> records)
    {
        SortedDictionary<RecordId, int> positions = [];
        for (int i = 0; i < records.Count; i++)
        {
            positions.TryAdd(records[i].Id, i);
        }

        ImmutableArray<CauseLink>.Builder links = ImmutableArray.CreateBuilder<CauseLink>();
        for (int i = 0; i < records.Count; i++)
        {
            for (int c = 0; c < records[i].CauseCount; c++)
            {
                RecordId cause = records[i].Cause(c);
                int? position = positions.TryGetValue(cause, out int found) ? found : null;
                CauseStanding standing = position is not { } at ? CauseStanding.NotShown
                    : at < i ? CauseStanding.Before
                    : CauseStanding.After;
                links.Add(new CauseLink(i, cause, position, standing));
            }
        }

        return links.ToImmutable();
    }
}
