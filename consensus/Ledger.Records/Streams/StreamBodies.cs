using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records.Streams;

/// <summary>What the stream rules read in a genesis record.</summary>
/// <param name="Key">1,952 bytes.</param>
/// <param name="Recovery">Kid of the recovery key.</param>
/// <param name="Chain">The stream's home.</param>
public sealed record Genesis(ReadOnlyMemory<byte> Key, string Name, KeyId? Recovery, ChainId? Chain)
{
    /// <param name="record">Of kind genesis.</param>
    public static Genesis From(Record record)
    {
        BodyReader body = new(record, RecordKind.Genesis);
        return new Genesis(
            body.Bytes("key"u8),
            body.Text("name"u8),
            body.Digest("recovery"u8) is { } recovery ? new KeyId(recovery) : null,
            body.Digest("chain"u8) is { } chain ? new ChainId(chain) : null);
    }
}

/// <summary>A rotation.</summary>
/// <param name="Key">The new key, 1,952 bytes.</param>
/// <param name="Proof">Its signature over <see cref="KeyProof.SignedBytes"/>.</param>
/// <param name="Signer">The recovery key, if and only if it signed the record; else empty.</param>
public sealed record KeyChange(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Proof, ReadOnlyMemory<byte> Signer)
{
    /// <param name="record">Of kind key.</param>
    public static KeyChange From(Record record)
    {
        BodyReader body = new(record, RecordKind.Key);
        return new KeyChange(body.Bytes("key"u8), body.Bytes("proof"u8), body.Bytes("signer"u8));
    }
}

/// <summary>A revocation: records by <paramref name="Kid"/> from <paramref name="Since"/> on.</summary>
/// <param name="Heirs">Also the keys that revoked <c>key</c> records put in force.</param>
/// <param name="Signer">The recovery key, if and only if it signed the record; else empty.</param>
public sealed record Revocation(KeyId Kid, Sequence Since, string Reason, bool Heirs, ReadOnlyMemory<byte> Signer)
{
    /// <param name="record">Of kind revoke.</param>
    public static Revocation From(Record record)
    {
        BodyReader body = new(record, RecordKind.Revoke);
        return new Revocation(
            new KeyId(body.Digest("kid"u8)!.Value),
            new Sequence(body.Unsigned("since"u8)!.Value),
            body.Text("reason"u8),
            body.Flag("heirs"u8),
            body.Bytes("signer"u8));
    }
}

/// <summary>Reads members of a body whose form was checked; a wrong shape here is our own mistake.</summary>
internal readonly ref struct BodyReader
{
    private readonly Record _record;

    public BodyReader(Record record, RecordKind expected)
    {
        if (record.Kind != expected)
        {
            throw new ArgumentException(
                $"Expected a record of kind {expected.Word()}, not {record.Kind.Word()}.", nameof(record));
        }

        _record = record;
    }

    /// <summary>Empty if absent.</summary>
    public ReadOnlyMemory<byte> Bytes(ReadOnlySpan<byte> name)
    {
        CborReader reader = new(_record.BodyMember(name));
        return reader.TryReadBytes(out ReadOnlySpan<byte> value) ? value.ToArray() : default(ReadOnlyMemory<byte>);
    }

    public Digest? Digest(ReadOnlySpan<byte> name)
    {
        CborReader reader = new(_record.BodyMember(name));
        return reader.TryReadDigest(out Digest value) ? value : null;
    }

    public ulong? Unsigned(ReadOnlySpan<byte> name)
    {
        CborReader reader = new(_record.BodyMember(name));
        return reader.TryReadUnsigned(out ulong value) ? value : null;
    }

    /// <summary>Empty if absent.</summary>
    public string Text(ReadOnlySpan<byte> name)
    {
        CborReader reader = new(_record.BodyMember(name));
        return reader.TryReadString(out string value) ? value : "";
    }

    /// <summary>False if absent.</summary>
    public bool Flag(ReadOnlySpan<byte> name)
    {
        CborReader reader = new(_record.BodyMember(name));
        return reader.TryReadBoolean(out bool value) && value;
    }
}
