using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// Everything the consortium has agreed on: who votes, who may read along, who may write, and the parameters.
/// Its SHA-256 stands in every header; governance replaces it as a whole.
/// </summary>
public sealed record Configuration
{
    private Derived<Configuration, Digest> _digest;

    /// <summary>
    /// Votes name validators by their position here. 1 to <see cref="Limits.Validators"/>; no two share a name, a stream or
    /// a key, and no vote key is a governance key.
    /// </summary>
    public required ImmutableArray<Validator> Validators { get; init; }

    /// <summary>Peer ids that may follow without voting.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> Observers { get; init; }

    public required Admission Admission { get; init; }

    public required Parameters Parameters { get; init; }

    /// <summary>Number of the last executed governance change; 0 at genesis.</summary>
    public required ulong Change { get; init; }

    public Digest Digest => _digest.Of(this, configuration => Digest.Of(configuration.Encode()));

    public ulong TotalPower => Validators.Aggregate(0UL, (sum, validator) => sum + validator.Power);

    /// <summary>More than two thirds of the power: 3 × power &gt; 2 × total.</summary>
    public bool IsQuorum(ulong power) => (UInt128)power * 3 > (UInt128)TotalPower * 2;

    /// <summary>The least power that is more than two thirds.</summary>
    public ulong QuorumPower => (ulong)((UInt128)TotalPower * 2 / 3) + 1;

    /// <summary>Vote keys and powers in the same order: a commit under one is a commit under the other.</summary>
    public bool HasSameVoters(Configuration other) =>
        Validators.Select(Voter).SequenceEqual(other.Validators.Select(Voter));

    public byte[] Encode()
    {
        CborWriter writer = new(8_192);
        EncodeTo(writer);
        return writer.ToArray();
    }

    public static bool TryParse(ReadOnlySpan<byte> bytes, out Configuration configuration, out CborError error)
    {
        CborReader reader = new(bytes);
        configuration = null!;
        if (bytes.Length > Limits.ConfigurationBytes)
        {
            reader.Fail(CborFault.WrongLength, 0);
        }

        bool read = TryRead(ref reader, out configuration) && reader.TryFinish();
        error = reader.Error;
        return read;
    }

    internal void EncodeTo(CborWriter writer)
    {
        writer.Map(6).Text("v"u8).Unsigned(1).Text("change"u8).Unsigned(Change).Text("admission"u8);
        Admission.EncodeTo(writer);
        EncodeObservers(Observers, writer.Text("observers"u8));
        writer.Text("parameters"u8);
        Parameters.EncodeTo(writer);
        writer.Text("validators"u8).Array(Validators.Length);
        foreach (Validator validator in Validators)
        {
            validator.EncodeTo(writer);
        }
    }

    private static (KeyId Key, ulong Power) Voter(Validator validator) => (validator.VoteKeyId, validator.Power);

    internal static void EncodeObservers(ImmutableArray<ReadOnlyMemory<byte>> observers, CborWriter writer)
    {
        writer.Array(observers.Length);
        foreach (ReadOnlyMemory<byte> observer in observers)
        {
            writer.Bytes(observer.Span);
        }
    }

    internal static bool TryRead(ref CborReader reader, out Configuration configuration)
    {
        configuration = null!;
        ImmutableArray<ReadOnlyMemory<byte>>.Builder observers = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        ImmutableArray<Validator>.Builder validators = ImmutableArray.CreateBuilder<Validator>();
        Admission admission = null!;
        Parameters parameters = null!;
        ulong change = 0;
        bool read = reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadMember(ref map, "change"u8, out change)
            && reader.TryReadKey(ref map, "admission"u8)
            && Admission.TryRead(ref reader, out admission)
            && reader.TryReadArrayMember(ref map, "observers"u8, Limits.Validators, out int observerCount)
            && TryReadObservers(ref reader, observerCount, observers)
            && reader.TryReadKey(ref map, "parameters"u8)
            && Parameters.TryRead(ref reader, out parameters)
            && reader.TryReadArrayMember(ref map, "validators"u8, Limits.Validators, out int validatorCount)
            && TryReadValidators(ref reader, validatorCount, validators)
            && reader.EndMap(map);
        if (read)
        {
            configuration = new Configuration
            {
                Validators = validators.ToImmutable(),
                Observers = observers.ToImmutable(),
                Admission = admission,
                Parameters = parameters,
                Change = change,
            };
        }

        return read;
    }

    internal static bool TryReadObservers(
        ref CborReader reader, int count, ImmutableArray<ReadOnlyMemory<byte>>.Builder observers)
    {
        for (int i = 0; i < count; i++)
        {
            int at = reader.Position;
            if (!reader.TryReadBytes(out ReadOnlySpan<byte> peer)
                || (peer.Length > Validator.PeerBytesMax && !reader.Fail(CborFault.WrongLength, at)))
            {
                return false;
            }

            observers.Add(peer.ToArray());
        }

        return reader.EndArray();
    }

    private static bool TryReadValidators(ref CborReader reader, int count, ImmutableArray<Validator>.Builder validators)
    {
        if (count == 0)
        {
            return reader.Fail(CborFault.WrongCount, reader.Position);
        }

        // A second seat for one party would give it twice the say that its name shows.
        SortedSet<string> names = new(StringComparer.Ordinal);
        SortedSet<StreamId> streams = [];
        SortedSet<KeyId> keys = [];
        for (int i = 0; i < count; i++)
        {
            int at = reader.Position;
            if (!Validator.TryRead(ref reader, out Validator validator))
            {
                return false;
            }

            if (!names.Add(validator.Name) || !streams.Add(validator.Stream)
                || !keys.Add(validator.VoteKeyId) || !keys.Add(validator.GovernanceKeyId))
            {
                return reader.Fail(CborFault.WrongValue, at);
            }

            validators.Add(validator);
        }

        return reader.EndArray();
    }
}
