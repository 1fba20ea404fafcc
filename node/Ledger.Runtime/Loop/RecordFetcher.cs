using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Peers;

namespace Ledger.Runtime.Loop;

/// <summary>
/// Records that blocks name and this node does not hold: which to ask for next, and what has come. Owned by the node's
/// loop. Holds no more than the blocks of one height name.
/// </summary>
internal sealed class RecordFetcher
{
    /// <summary>Questions under way at once.</summary>
    private const int QuestionsMax = 8;

    private readonly Dictionary<RecordId, VerifiedRecord> _held = [];
    private readonly List<RecordId> _wanted = [];
    private readonly HashSet<RecordId> _known = [];
    private int _questions;
    private int _life;

    /// <summary>How many are wanted and have not come.</summary>
    public int Missing => _known.Count - _held.Count;

    public bool IsIdle => _known.Count == _held.Count;

    /// <summary>Something is wanted and nobody is asked.</summary>
    public bool IsStalled => _wanted.Count > 0 && _questions == 0;

    public VerifiedRecord? Find(RecordId id) => _held.GetValueOrDefault(id);

    public void Want(IEnumerable<RecordId> ids)
    {
        foreach (RecordId id in ids)
        {
            if (_known.Add(id))
            {
                _wanted.Add(id);
            }
        }
    }

    /// <summary>The next records to ask one peer for; null while nothing is wanted, or enough is under way.</summary>
    public FetchQuestion? Next()
    {
        if (_wanted.Count == 0 || _questions == QuestionsMax)
        {
            return null;
        }

        int count = Math.Min(PeerCodec.IdsMax, _wanted.Count);
        RecordId[] ids = [.. _wanted[..count]];
        _wanted.RemoveRange(0, count);
        _questions++;
        return new FetchQuestion(ids, _life);
    }

    /// <summary>Takes what came; what did not is wanted again. False if nothing did.</summary>
    public bool Answered(FetchQuestion question, IEnumerable<VerifiedRecord> records)
    {
        if (question.Life != _life)
        {
            return false;
        }

        _questions--;
        bool any = false;
        foreach (VerifiedRecord verified in records)
        {
            RecordId id = verified.Record.Id;
            any |= question.Ids.Contains(id) && _held.TryAdd(id, verified);
        }

        _wanted.AddRange(question.Ids.Where(id => !_held.ContainsKey(id)));
        return any;
    }

    /// <summary>Wants once more what came, for it could not be made use of.</summary>
    public void Release(IEnumerable<VerifiedRecord> records)
    {
        foreach (RecordId id in records.Select(verified => verified.Record.Id))
        {
            if (_held.Remove(id))
            {
                _wanted.Add(id);
            }
        }
    }

    /// <summary>The height is settled: answers to come are to questions that nobody has any more.</summary>
    public void Clear()
    {
        _held.Clear();
        _wanted.Clear();
        _known.Clear();
        _questions = 0;
        _life++;
    }
}

/// <param name="Life">Of the fetcher when it was asked.</param>
internal sealed record FetchQuestion(RecordId[] Ids, int Life);
