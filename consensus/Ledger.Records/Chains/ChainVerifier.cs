using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records.Streams;

namespace Ledger.Records.Chains;

/// <summary>
/// Judges a bare chain file: the records of one stream from genesis on, one after the other (rules V1 to V6). Bytes
/// come in pieces of any size; memory does not grow with the length of the chain, save 16 bytes for each unbroken run
/// of records signed by the recovery key. Not thread-safe.
/// </summary>
public sealed class ChainVerifier
{
    /// <summary>How many records are verified side by side.</summary>
    private const int BatchRecords = 32;

    /// <summary>Enough for a full batch of common records.</summary>
    private const int PieceBytes = 4 * Limits.RecordBytes;

    private readonly RecordSplitter _splitter = new();
    private readonly RevocationFinder _revocations = new();
    private readonly CauseCounter _causes = new();
    private readonly RecordBatch _batch = new(BatchRecords);
    private readonly long[] _offsets = new long[BatchRecords];
    private StreamState? _state;
    private VerificationKey? _currentKey;
    private ChainVerdict? _invalid;

    /// <summary>Records found sound so far.</summary>
    public long Records { get; private set; }

    /// <summary>The state after the last sound record; null before the first.</summary>
    public StreamState? State => _state;

    /// <summary>True once no further byte can change the verdict.</summary>
    public bool IsDecided => _invalid is not null;

    /// <summary>The next bytes of the file.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (IsDecided)
        {
            return;
        }

        _splitter.Append(bytes);
        while (!IsDecided && _splitter.TryTake(out ReadOnlyMemory<byte> item, out long offset))
        {
            Collect(item, offset);
        }

        Judge();
        if (!IsDecided && _splitter.Fault is { } unreadable)
        {
            _invalid = Invalid(unreadable, _splitter.Offset);
        }
    }

    /// <summary>The file ends here.</summary>
    public ChainVerdict Complete()
    {
        if (_invalid is null && _splitter.Finish() is { } cut)
        {
            _invalid = Invalid(cut, _splitter.Offset);
        }

        if (_invalid is null && _state is null)
        {
            _invalid = Invalid(new Fault(Layer.Encoding, "the file is empty", 0), 0);
        }

        return _invalid ?? Sound();
    }

    /// <summary>Judges a whole file in memory.</summary>
    public static ChainVerdict Verify(ReadOnlySpan<byte> file)
    {
        ChainVerifier verifier = new();
        while (!file.IsEmpty && !verifier.IsDecided)
        {
            int piece = Math.Min(file.Length, PieceBytes);
            verifier.Append(file[..piece]);
            file = file[piece..];
        }

        return verifier.Complete();
    }

    /// <summary>Records go into the batch until it is full or a record may change the key in force.</summary>
    private void Collect(ReadOnlyMemory<byte> bytes, long offset)
    {
        if (!_batch.TryAdd(bytes, out Fault? fault))
        {
            // Those before it come first: one of them may fail.
            Judge();
            _invalid ??= Invalid(fault, offset);
            return;
        }

        int last = _batch.Count - 1;
        _offsets[last] = offset;
        if (_batch.IsFull || _batch.Kind(last) is RecordKind.Genesis or RecordKind.Key)
        {
            Judge();
        }
    }

    /// <summary>Judges the batch, record by record; the key in force is the same for all of it.</summary>
    private void Judge()
    {
        VerificationKey? usedKey = _currentKey;
        for (int i = 0; i < _batch.Count && usedKey is not null; i++)
        {
            _batch.Use(i, usedKey);
        }

        _batch.Run();
        for (int i = 0; i < _batch.Count && !IsDecided; i++)
        {
            bool used = usedKey is not null && _batch.Kid(i) == usedKey.Id;
            if (!TryAccept(_batch.Record(i), used ? _batch.Holds(i) : null, out Fault? fault))
            {
                _invalid = Invalid(fault, _offsets[i]);
            }
        }

        _batch.Clear();
    }

    /// <param name="holds">
    /// Whether the signature holds under the key in force; null if the record names another.
    /// </param>
    private bool TryAccept(Record record, bool? holds, [NotNullWhen(false)] out Fault? fault)
    {
        // V2: the signature first, wherever a key that must have made it is known; a position that nobody signed for is
        // worth no comment. Without such a key one of the rules below is broken in any case.
        VerifiedRecord? verified = null;
        if (holds is { } known)
        {
            fault = known ? null : VerifiedRecord.SignatureFault;
            verified = known ? VerifiedRecord.Checked(record) : null;
        }
        else
        {
            ReadOnlySpan<byte> carried = StreamRules.SigningKeyOf(_state, record, current: []);
            fault = null;
            _ = carried.IsEmpty || VerifiedRecord.TryVerify(record, carried, out verified, out fault);
        }

        if (fault is not null)
        {
            return false;
        }

        fault = StreamRules.Judge(_state, record, verified?.ProofHolds ?? false, GenesisTerms.None);
        if (fault is not null)
        {
            return false;
        }

        if (verified is null)
        {
            throw new InvalidOperationException("A record passed every rule without a key for its signature.");
        }

        Take(record);
        return true;
    }

    private void Take(Record record)
    {
        _revocations.Observe(_state, record);
        _causes.Observe(record);
        _currentKey = record.Kind switch
        {
            RecordKind.Genesis => new VerificationKey(Genesis.From(record).Key.Span),
            RecordKind.Key => new VerificationKey(KeyChange.From(record).Key.Span),
            _ => _currentKey,
        };
        _state = StreamRules.Advance(_state, record, GenesisTerms.None);
        Records++;
    }

    private ChainVerdict Sound()
    {
        bool revoked = _revocations.First is not null;
        return new ChainVerdict(
            revoked ? Verdict.Revoked : Verdict.Verified,
            revoked ? Layer.Revocation : null,
            revoked ? $"record {_revocations.First} is revoked by record {_revocations.FirstBy}" : "",
            _revocations.First,
            null,
            Records,
            _state?.Stream,
            _state?.Head,
            _state?.Time,
            _revocations.FirstBy,
            _causes.Causes,
            _causes.NotShown);
    }

    private ChainVerdict Invalid(Fault fault, long recordOffset) => new(
        Verdict.Invalid,
        fault.Layer,
        fault.Reason,
        Records,
        recordOffset + (fault.Offset ?? 0),
        Records,
        _state?.Stream,
        _state?.Head,
        _state?.Time,
        null,
        _causes.Causes,
        _causes.NotShown);
}
