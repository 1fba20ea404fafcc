using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;

namespace Ledger.Records.Streams;

/// <summary>What a chain adds when it accepts the first record of a stream.</summary>
/// <param name="Sponsor">The member whose quota pays; the streams map names him.</param>
/// <param name="Homes">
/// The chain's own id and the predecessors that its genesis document names. Empty: not asked.
/// </param>
public sealed record GenesisTerms(string Sponsor, ImmutableArray<ChainId> Homes)
{
    /// <summary>No chain at all: a bare file of records.</summary>
    public static GenesisTerms None { get; } = new("", []);
}

/// <summary>
/// The stream rules, S1 to S13: a pure function of the state so far and the next record, the same at every node. The
/// order of the questions is part of the specification, since it decides which layer a fault is reported in.
/// </summary>
public static class StreamRules
{
    /// <summary>The state after one more record, or why that record may not stand there.</summary>
    /// <param name="before">Null if the stream has no record yet.</param>
    /// <param name="terms">Read at the first record only.</param>
    /// <param name="after">What the streams map holds from now on.</param>
    public static bool TryApply(
        StreamState? before,
        VerifiedRecord record,
        GenesisTerms terms,
        [NotNullWhen(true)] out StreamState? after,
        [NotNullWhen(false)] out Fault? fault)
    {
        after = null;
        fault = Judge(before, record.Record, record.ProofHolds, terms);

        // S13: a revoked key signs nothing more. Asked last: a chain of records that goes on all the same is sound but
        // revoked, and the verifier of a bare file reads it to the end.
        if (fault is null && before is not null && SignedByRevokedKey(before, record.Record))
        {
            fault = new Fault(Layer.Revocation, "the key in force is revoked: only the recovery key may go on");
        }

        if (fault is null)
        {
            after = Advance(before, record.Record, terms);
        }

        return fault is null;
    }

    /// <summary>
    /// The public key under which a record must be signed where it stands, or empty if no key that fits is known.
    /// </summary>
    /// <param name="current">The raw key in force; empty before the first record.</param>
    public static ReadOnlySpan<byte> SigningKeyOf(StreamState? before, Record record, ReadOnlySpan<byte> current)
    {
        if (before is not null && record.Kid == before.Current.Kid)
        {
            return current;
        }

        bool mayCarry = before is null ? record.Kind == RecordKind.Genesis : record.Kid == before.Recovery;
        return mayCarry && record.TryGetCarriedKey(out ReadOnlySpan<byte> carried) && KeyId.Of(carried) == record.Kid
            ? carried
            : [];
    }

    /// <summary>
    /// S17: a record settles only in a block whose time is at least its own minus ten minutes, and waits until then.
    /// For nodes; no verifier compares the signer's claim with a clock.
    /// </summary>
    public static bool MaySettleAt(Record record, UnixTime blockTime) =>
        record.Time <= blockTime
        || record.Time.Milliseconds - blockTime.Milliseconds <= Limits.RecordAheadOfBlockMs;

    internal static bool SignedByRevokedKey(StreamState before, Record record) =>
        record.Kid == before.Current.Kid && before.Current.Revoked is not null;

    /// <summary>S1 to S12. Null if the record may stand there.</summary>
    internal static Fault? Judge(StreamState? before, Record record, bool proofHolds, GenesisTerms terms) =>
        before is null ? JudgeFirst(record, terms) : JudgeNext(before, record, proofHolds);

    /// <summary>The state after a record that <see cref="Judge"/> let pass.</summary>
    internal static StreamState Advance(StreamState? before, Record record, GenesisTerms terms)
    {
        if (before is null)
        {
            StreamKey first = new(record.Kid, Sequence.Zero, Revoked: null, ByRecovery: false);
            return new StreamState(
                Sequence.Zero, record.Id, record.Time, Genesis.From(record).Recovery, terms.Sponsor, [first]);
        }

        ImmutableArray<StreamKey> keys = record.Kind switch
        {
            RecordKind.Key => before.Keys.Add(new StreamKey(
                KeyId.Of(KeyChange.From(record).Key.Span),
                record.Seq.Next,
                Revoked: null,
                ByRecovery: record.Kid == before.Recovery)),
            RecordKind.Revoke => Mark(before.Keys, Revocation.From(record)),
            _ => before.Keys,
        };
        return before with { Seq = record.Seq, Head = record.Id, Time = record.Time, Keys = keys };
    }

    private static Fault? JudgeFirst(Record record, GenesisTerms terms)
    {
        // S2: the first record has number 0. S3: nothing before it.
        if (record.Seq != Sequence.Zero)
        {
            return new Fault(Layer.Gap, $"the stream begins with record {record.Seq}, not 0");
        }

        if (!record.Prev.IsZero)
        {
            return Link("the first record names a record before it");
        }

        // S4: it is a genesis record, signed by the key that it names.
        if (record.Kind != RecordKind.Genesis)
        {
            return Link("the first record of a stream must be of kind genesis");
        }

        Genesis genesis = Genesis.From(record);
        if (KeyId.Of(genesis.Key.Span) != record.Kid)
        {
            return Link("the genesis record is not signed by the key that it names");
        }

        // S1: the stream is called by that key.
        if (record.Stream.Value != record.Kid.Value)
        {
            return Link("the stream is not the key id of its first key");
        }

        if (genesis.Recovery == record.Kid)
        {
            return Link("the recovery key is the first key");
        }

        // S5: a stream that names its home settles nowhere else.
        return genesis.Chain is { } home && !terms.Homes.IsEmpty && !terms.Homes.Contains(home)
            ? Link("the stream's home is another chain")
            : null;
    }

    private static Fault? JudgeNext(StreamState before, Record record, bool proofHolds)
    {
        // S1 to S4: the same stream, the next number, the head, no second genesis.
        if (record.Stream != before.Stream)
        {
            return Link("a record of another stream");
        }

        if (record.Seq.Value > before.Seq.Value + 1)
        {
            return new Fault(Layer.Gap, $"record {before.Seq.Next} is missing: this is {record.Seq}");
        }

        if (record.Seq.Value <= before.Seq.Value)
        {
            return Link(record.Id == before.Head ? "the record stands twice" : $"number {record.Seq} is already taken");
        }

        if (record.Prev != before.Head)
        {
            return Link("prev is not the id of the record before");
        }

        if (record.Kind == RecordKind.Genesis)
        {
            return Link("a second genesis record");
        }

        // S6: the signer's time does not run backwards; a gap record may set it back, and says why.
        if (record.Time < before.Time && record.Kind != RecordKind.Gap)
        {
            return Link("the time lies before that of the record before");
        }

        return JudgeSigner(before, record) ?? record.Kind switch
        {
            RecordKind.Key => JudgeKey(before, record, proofHolds),
            RecordKind.Revoke => JudgeRevoke(before, Revocation.From(record), record),
            _ => null,
        };
    }

    // S7: the key in force signs; the recovery key may sign key and revoke, and then, and only then, the body carries
    // it.
    private static Fault? JudgeSigner(StreamState before, Record record)
    {
        bool byRecovery = record.Kid == before.Recovery;
        if (!byRecovery && record.Kid != before.Current.Kid)
        {
            return Link("the record is not signed by the key in force");
        }

        if (record.Kind is not (RecordKind.Key or RecordKind.Revoke))
        {
            return byRecovery ? Link("the recovery key signs nothing but key and revoke records") : null;
        }

        bool carries = record.TryGetCarriedKey(out ReadOnlySpan<byte> signer);
        if (!byRecovery)
        {
            return carries ? Link("only the recovery key is carried as signer") : null;
        }

        return carries && KeyId.Of(signer) == record.Kid
            ? null
            : Link("the body does not carry the recovery key as signer");
    }

    private static Fault? JudgeKey(StreamState before, Record record, bool proofHolds)
    {
        KeyId kid = KeyId.Of(KeyChange.From(record).Key.Span);

        // S8: a key serves once per stream and is never the recovery key.
        if (kid == before.Recovery)
        {
            return Link("the recovery key cannot come into force");
        }

        if (before.IndexOf(kid) >= 0)
        {
            return Link("the key was in force before");
        }

        // S9: at most 256 keys, the last 16 by the recovery key alone, so that a thief cannot use them up.
        int keysMax = record.Kid == before.Recovery
            ? Limits.StreamKeys
            : Limits.StreamKeys - Limits.StreamKeysForRecovery;
        if (before.Keys.Length >= keysMax)
        {
            return Link("the stream has had as many keys as it may");
        }

        // S10: the new key signed for its entry.
        return proofHolds ? null : new Fault(Layer.Proof, "the new key's signature over its entry does not hold");
    }

    private static Fault? JudgeRevoke(StreamState before, Revocation revocation, Record record)
    {
        // S11: it names a key that is or was in force, and nothing in the future.
        int index = before.IndexOf(revocation.Kid);
        if (index < 0)
        {
            return Link("the revoked key was never in force");
        }

        if (revocation.Since.Value > record.Seq.Value)
        {
            return Link("the revocation begins after its own record");
        }

        // S12: where there is a recovery key, it alone condemns what is already in the chain.
        if (before.Recovery is null || record.Kid == before.Recovery)
        {
            return null;
        }

        ulong firstFree = index + 1 < before.Keys.Length ? before.Keys[index + 1].First.Value : record.Seq.Value;
        return revocation.Since.Value < firstFree
            ? Link("only the recovery key may revoke records that are already in the chain")
            : null;
    }

    /// <summary>Which keys a revocation reaches, by position, and from which record on.</summary>
    internal static IEnumerable<(int Index, Sequence Since)> Reach(
        ImmutableArray<StreamKey> keys, Revocation revocation)
    {
        int index = 0;
        while (keys[index].Kid != revocation.Kid)
        {
            index++;
        }

        Sequence since = revocation.Since;
        yield return (index, since);

        // With heirs: the key record that put the next key in force stands just before that key's first record. The key
        // at hand signed it, unless the recovery key did: then the inheritance ends.
        for (int heir = index + 1; revocation.Heirs && heir < keys.Length; heir++)
        {
            if (keys[heir].ByRecovery || keys[heir].First.Value - 1 < since.Value)
            {
                yield break;
            }

            since = keys[heir].First;
            yield return (heir, since);
        }
    }

    /// <summary>The smallest <c>since</c> counts.</summary>
    private static ImmutableArray<StreamKey> Mark(ImmutableArray<StreamKey> keys, Revocation revocation)
    {
        ImmutableArray<StreamKey>.Builder marked = keys.ToBuilder();
        foreach ((int index, Sequence since) in Reach(keys, revocation))
        {
            marked[index] = Lower(marked[index], since);
        }

        return marked.ToImmutable();
    }

    private static StreamKey Lower(StreamKey key, Sequence since) =>
        key.Revoked is { } revoked && revoked.Value <= since.Value ? key : key with { Revoked = since };

    private static Fault Link(string reason) => new(Layer.Link, reason);
}
