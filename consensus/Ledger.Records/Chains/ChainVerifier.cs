using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Records.Streams;

namespace Ledger.Records.Chains;

/// <summary>
/// Judges a bare chain file: the records of one stream from genesis on, one after the other (rules V1 to V6). Bytes
/// come in pieces of any size; memory does not grow with the length of the chain, save 16 bytes for each unbroken run
/// of records signed by the recovery key. Not thread-safe.
/// </summary>
public sealed class ChainVerifier
{
    private readonly RecordSplitter _splitter = new();
    private readonly RevocationFinder _revocations = new();
    private StreamState? _state;
    private ReadOnlyMemory<byte> _currentKey;
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
            if (!TryAccept(item, out Fault? fault))
            {
                _invalid = Invalid(fault, offset);
            }
        }

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
            int piece = Math.Min(file.Length, Limits.RecordBytes);
            verifier.Append(file[..piece]);
            file = file[piece..];
        }

        return verifier.Complete();
    }

    private bool TryAccept(ReadOnlyMemory<byte> bytes, [NotNullWhen(false)] out Fault? fault)
    {
        if (!Record.TryParse(bytes, out Record? record, out fault))
        {
            return false;
        }

        // V2: the signature first, wherever a key that must have made it is known; a position that nobody signed for is
        // worth no comment. Without such a key one of the rules below is broken in any case.
        ReadOnlySpan<byte> publicKey = StreamRules.SigningKeyOf(_state, record, _currentKey.Span);
        VerifiedRecord? verified = null;
        if (!publicKey.IsEmpty && !VerifiedRecord.TryVerify(record, publicKey, out verified, out fault))
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
        _currentKey = record.Kind switch
        {
            RecordKind.Genesis => Genesis.From(record).Key,
            RecordKind.Key => KeyChange.From(record).Key,
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
            _revocations.FirstBy);
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
        null);
}
