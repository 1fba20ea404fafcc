using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Records.Chains;
using Ledger.Records.Streams;

namespace Ledger.Records.Tests.TestKit;

/// <summary>
/// The verdict on a chain file from the specification, with the whole file at hand and no thought for memory or speed.
/// The form of single records is taken from the parser; everything between them is done again.
/// <paramref name="without"/> takes one rule away: a name of <see cref="Rules"/>.
/// </summary>
internal sealed class ChainOracle(string without = "")
{
    private readonly List<Record> _records = [];
    private readonly List<(KeyId Kid, byte[] Key, int First, bool ByRecovery)> _keys = [];
    private KeyId? _recovery;

    public static ImmutableArray<string> Rules { get; } =
    [
        "signature", "S1 first", "S1 next", "S2 first", "S2 gap", "S2 taken", "S3 first", "S3 next", "S4 first",
        "S4 signer", "S4 recovery", "S4 second", "S6", "S7 in force", "S7 recovery signs", "S7 carries",
        "S7 carries not", "S8 again", "S8 recovery", "S9", "S9 reserve", "S10", "S11 never", "S11 future", "S12",
        "revoked", "revoked spares",
    ];

    public (Verdict Verdict, Layer? Layer, long? Index) Of(byte[] file)
    {
        ImmutableArray<ReadOnlyMemory<byte>> items = RecordSequence.Split(file, int.MaxValue, out Fault? unreadable);
        foreach (ReadOnlyMemory<byte> bytes in items)
        {
            if (!Record.TryParse(bytes, out Record? record, out _))
            {
                return Invalid(Layer.Encoding);
            }

            if (FirstFault(record) is { } layer)
            {
                return Invalid(layer);
            }

            Take(record);
        }

        if (unreadable is not null || _records.Count == 0)
        {
            return Invalid(Layer.Encoding);
        }

        int first = Enumerable.Range(0, _records.Count).FirstOrDefault(IsRevoked, -1);
        return first < 0 ? (Verdict.Verified, null, null) : (Verdict.Revoked, Layer.Revocation, first);
    }

    private (Verdict, Layer?, long?) Invalid(Layer layer) => (Verdict.Invalid, layer, _records.Count);

    private Layer? FirstFault(Record record)
    {
        byte[]? key = SigningKey(record);
        bool holds = key is null || VerifiedRecord.TryVerify(record, key, out _, out _);
        if (Breaks("signature", !holds))
        {
            return Layer.Signature;
        }

        return _records.Count == 0 ? FirstFaultOfFirst(record) : FirstFaultOfNext(record, _records[^1]);
    }

    private Layer? FirstFaultOfFirst(Record record)
    {
        if (Breaks("S2 first", record.Seq != Sequence.Zero))
        {
            return Layer.Gap;
        }

        Genesis? genesis = record.Kind == RecordKind.Genesis ? Genesis.From(record) : null;
        bool broken = Breaks("S3 first", !record.Prev.IsZero)
            || Breaks("S4 first", genesis is null)
            || Breaks("S4 signer", genesis is not null && KeyId.Of(genesis.Key.Span) != record.Kid)
            || Breaks("S4 recovery", genesis?.Recovery == record.Kid)
            || Breaks("S1 first", record.Stream.Value != record.Kid.Value);
        return broken ? Layer.Link : null;
    }

    private Layer? FirstFaultOfNext(Record record, Record before)
    {
        if (Breaks("S1 next", record.Stream != before.Stream))
        {
            return Layer.Link;
        }

        if (Breaks("S2 gap", record.Seq.Value > before.Seq.Value + 1))
        {
            return Layer.Gap;
        }

        bool byRecovery = record.Kid == _recovery;
        bool carries = record.Kind != RecordKind.Genesis && record.TryGetCarriedKey(out _);
        bool mayCarry = record.Kind is RecordKind.Key or RecordKind.Revoke;
        bool broken = Breaks("S2 taken", record.Seq.Value <= before.Seq.Value)
            || Breaks("S3 next", record.Prev != before.Id)
            || Breaks("S4 second", record.Kind == RecordKind.Genesis)
            || Breaks("S6", record.Time < before.Time && record.Kind != RecordKind.Gap)
            || Breaks("S7 in force", !byRecovery && record.Kid != _keys[^1].Kid)
            || Breaks("S7 recovery signs", byRecovery && !mayCarry)
            || Breaks("S7 carries", byRecovery && mayCarry && SigningKey(record) is null)
            || Breaks("S7 carries not", !byRecovery && mayCarry && carries);
        if (broken)
        {
            return Layer.Link;
        }

        return record.Kind switch
        {
            RecordKind.Key => FaultOfKey(record, byRecovery),
            RecordKind.Revoke => FaultOfRevoke(record, byRecovery),
            _ => null,
        };
    }

    private Layer? FaultOfKey(Record record, bool byRecovery)
    {
        KeyId kid = KeyId.Of(KeyChange.From(record).Key.Span);
        bool broken = Breaks("S8 again", _keys.Any(key => key.Kid == kid))
            || Breaks("S8 recovery", kid == _recovery)
            || Breaks("S9", _keys.Count >= 256)
            || Breaks("S9 reserve", !byRecovery && _keys.Count >= 240);
        return broken ? Layer.Link : Breaks("S10", !KeyProof.Holds(record)) ? Layer.Proof : null;
    }

    private Layer? FaultOfRevoke(Record record, bool byRecovery)
    {
        Revocation revocation = Revocation.From(record);
        int place = _keys.FindIndex(key => key.Kid == revocation.Kid);
        ulong least = place < 0 ? 0 : place + 1 < _keys.Count ? (ulong)_keys[place + 1].First : record.Seq.Value;
        bool broken = Breaks("S11 never", place < 0)
            || Breaks("S11 future", revocation.Since > record.Seq)
            || Breaks("S12", _recovery is not null && !byRecovery && revocation.Since.Value < least);
        return broken ? Layer.Link : null;
    }

    private void Take(Record record)
    {
        if (record.Kind == RecordKind.Genesis && _records.Count == 0)
        {
            _recovery = Genesis.From(record).Recovery;
            byte[] key = Genesis.From(record).Key.ToArray();
            _keys.Add((KeyId.Of(key), key, 0, false));
        }
        else if (_records.Count == 0)
        {
            _keys.Add((record.Kid, [], 0, false));
        }
        else if (record.Kind == RecordKind.Key)
        {
            byte[] key = KeyChange.From(record).Key.ToArray();
            _keys.Add((KeyId.Of(key), key, _records.Count + 1, record.Kid == _recovery));
        }

        _records.Add(record);
    }

    /// <summary>The key that must have made the signature (V2); null if none is known.</summary>
    private byte[]? SigningKey(Record record)
    {
        if (_records.Count > 0 && record.Kid == _keys[^1].Kid)
        {
            return _keys[^1].Key is { Length: > 0 } inForce ? inForce : null;
        }

        bool mayCarry = _records.Count == 0 ? record.Kind == RecordKind.Genesis : record.Kid == _recovery;
        return mayCarry && record.TryGetCarriedKey(out ReadOnlySpan<byte> carried) && KeyId.Of(carried) == record.Kid
            ? carried.ToArray()
            : null;
    }

    private bool IsRevoked(int index) =>
        Enumerable.Range(0, _records.Count).Any(by =>
            _records[by].Kind == RecordKind.Revoke
            && Breaks("revoked", Condemns(by, Revocation.From(_records[by])).Contains(index)));

    /// <summary>Numbers of the records that one revoke record condemns.</summary>
    private SortedSet<int> Condemns(int by, Revocation revocation)
    {
        SortedSet<int> condemned = [];
        Queue<(KeyId Kid, ulong Since)> reached = new([(revocation.Kid, revocation.Since.Value)]);
        while (reached.TryDequeue(out (KeyId Kid, ulong Since) one))
        {
            for (int i = (int)one.Since; i < _records.Count; i++)
            {
                if (_records[i].Kid != one.Kid || (i == by && without != "revoked spares"))
                {
                    continue;
                }

                // What heirs add stands behind the key record that they stem from, so no verdict turns on them: the marks
                // of the keys do, and those are held by RevocationOracle.
                condemned.Add(i);
                if (revocation.Heirs && i < by && _records[i].Kind == RecordKind.Key)
                {
                    reached.Enqueue((KeyId.Of(KeyChange.From(_records[i]).Key.Span), (ulong)i + 1));
                }
            }
        }

        return condemned;
    }

    private bool Breaks(string rule, bool broken) => broken && rule != without;
}
