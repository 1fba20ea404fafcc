using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records.Streams;

/// <summary>A key that is or was in force in a stream.</summary>
/// <param name="First">The first record it may sign.</param>
/// <param name="Revoked">Records by it from here on are revoked; null if none are.</param>
/// <param name="ByRecovery">The recovery key put it in force, so it is no heir of the key before it.</param>
public readonly record struct StreamKey(KeyId Kid, Sequence First, Sequence? Revoked, bool ByRecovery);

/// <summary>
/// Everything that a stream rule reads about the records so far. Immutable. Its encoding is what the streams map
/// commits to: <c>[seq, head, time, recovery / null, sponsor, [+ [kid, first, revoked / null, by recovery]]]</c> (rule
/// S14).
/// </summary>
/// <param name="Seq">Of the head.</param>
/// <param name="Head">Id of the last record.</param>
/// <param name="Time">The last record's own time.</param>
/// <param name="Recovery">Kid of the recovery key; never changes.</param>
/// <param name="Sponsor">The member whose quota pays.</param>
/// <param name="Keys">In the order in which they came into force; 1 to 256. The last one signs the next record.</param>
public sealed record StreamState(
    Sequence Seq, RecordId Head, UnixTime Time, KeyId? Recovery, string Sponsor, ImmutableArray<StreamKey> Keys)
{
    /// <summary>The kid of the first key, for ever.</summary>
    public StreamId Stream => new(Keys[0].Kid.Value);

    /// <summary>The key that signs the next record, unless the recovery key does.</summary>
    public StreamKey Current => Keys[^1];

    /// <summary>The value that the streams map holds for this stream: SHA-256 of <see cref="Encode"/>.</summary>
    public Digest MapValue => Digest.Of(Encode());

    /// <summary>The key in force at one record.</summary>
    /// <param name="seq">At most one beyond <see cref="Seq"/> for an answer with meaning.</param>
    public StreamKey KeyInForce(Sequence seq)
    {
        int i = Keys.Length - 1;
        while (i > 0 && Keys[i].First.Value > seq.Value)
        {
            i--;
        }

        return Keys[i];
    }

    /// <summary>Position of a key in <see cref="Keys"/>, or -1.</summary>
    public int IndexOf(KeyId kid)
    {
        for (int i = 0; i < Keys.Length; i++)
        {
            if (Keys[i].Kid == kid)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Deterministic CBOR.</summary>
    public byte[] Encode()
    {
        CborWriter writer = new(128 + (Keys.Length * 48));
        writer.Array(6).Unsigned(Seq.Value).Bytes(Head).Unsigned(Time.Milliseconds);
        WriteOptional(writer, Recovery?.Value);
        writer.Text(Sponsor).Array(Keys.Length);
        foreach (StreamKey key in Keys)
        {
            writer.Array(4).Bytes(key.Kid.Value).Unsigned(key.First.Value);
            if (key.Revoked is { } revoked)
            {
                writer.Unsigned(revoked.Value);
            }
            else
            {
                writer.Null();
            }

            writer.Boolean(key.ByRecovery);
        }

        return writer.ToArray();
    }

    /// <summary>Reads untrusted bytes, such as a snapshot's or an evidence file's.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out StreamState? state, out CborError error)
    {
        state = null;
        CborReader reader = new(encoded);
        if (reader.TryReadArray(6)
            && reader.TryReadUnsigned(out ulong seq)
            && reader.TryReadRecordId(out RecordId head)
            && reader.TryReadUnsigned(out ulong time)
            && TryReadOptional(ref reader, out Digest? recovery)
            && reader.TryReadString(out string sponsor)
            && TryReadKeys(ref reader, new Sequence(seq), recovery, out ImmutableArray<StreamKey> keys)
            && reader.EndArray()
            && reader.TryFinish())
        {
            KeyId? recoveryKid = recovery is { } value ? new KeyId(value) : null;
            state = new StreamState(new Sequence(seq), head, new UnixTime(time), recoveryKid, sponsor, keys);
        }

        error = reader.Error;
        return state is not null;
    }

    public bool Equals(StreamState? other) =>
        other is not null && Seq == other.Seq && Head == other.Head && Time == other.Time && Recovery == other.Recovery
        && Sponsor == other.Sponsor && Keys.AsSpan().SequenceEqual(other.Keys.AsSpan());

    public override int GetHashCode() => Head.GetHashCode();

    private static bool TryReadKeys(
        ref CborReader reader, Sequence seq, Digest? recovery, out ImmutableArray<StreamKey> keys)
    {
        keys = [];
        int start = reader.Position;
        if (!reader.TryReadArray(out int count))
        {
            return false;
        }

        if (count is 0 or > Limits.StreamKeys)
        {
            return reader.Fail(CborFault.WrongCount, start);
        }

        ImmutableArray<StreamKey>.Builder read = ImmutableArray.CreateBuilder<StreamKey>(count);
        SortedSet<KeyId> kids = [];
        for (int i = 0; i < count; i++)
        {
            int keyStart = reader.Position;
            if (!TryReadKey(ref reader, out StreamKey key))
            {
                return false;
            }

            // What no sequence of records can lead to is refused, so that a state that was read can be trusted to be
            // one.
            bool possible = i == 0
                ? key.First == Sequence.Zero && !key.ByRecovery
                : key.First.Value > read[i - 1].First.Value && key.First.Value <= seq.Value + 1;
            possible &= key.Revoked is not { } revoked || revoked.Value <= seq.Value;
            possible &= recovery is null ? !key.ByRecovery : key.Kid.Value != recovery;
            possible &= i < Limits.StreamKeys - Limits.StreamKeysForRecovery || key.ByRecovery;
            if (!possible || !kids.Add(key.Kid))
            {
                return reader.Fail(CborFault.WrongValue, keyStart);
            }

            read.Add(key);
        }

        keys = read.ToImmutable();
        return reader.EndArray();
    }

    private static bool TryReadKey(ref CborReader reader, out StreamKey key)
    {
        key = default;
        ulong revoked = 0;
        if (!reader.TryReadArray(4)
            || !reader.TryReadDigest(out Digest kid)
            || !reader.TryReadUnsigned(out ulong first))
        {
            return false;
        }

        bool isRevoked = !reader.SkipIfNull();
        if ((isRevoked && !reader.TryReadUnsigned(out revoked))
            || !reader.TryReadBoolean(out bool byRecovery)
            || !reader.EndArray())
        {
            return false;
        }

        key = new StreamKey(new KeyId(kid), new Sequence(first), isRevoked ? new Sequence(revoked) : null, byRecovery);
        return true;
    }

    private static bool TryReadOptional(ref CborReader reader, out Digest? value)
    {
        value = null;
        if (reader.SkipIfNull())
        {
            return true;
        }

        bool read = reader.TryReadDigest(out Digest digest);
        value = read ? digest : null;
        return read;
    }

    private static void WriteOptional(CborWriter writer, Digest? value)
    {
        if (value is { } digest)
        {
            writer.Bytes(digest);
        }
        else
        {
            writer.Null();
        }
    }
}
