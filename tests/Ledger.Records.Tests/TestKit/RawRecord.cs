using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Hashing;
using Ledger.Crypto;

namespace Ledger.Records.Tests.TestKit;

/// <summary>
/// A record laid out by hand, piece by piece, so that each piece can be made wrong. Signed like a right one.
/// </summary>
internal sealed class RawRecord
{
    public ulong Tag { get; set; } = 18;

    public byte[] Header { get; set; } = HeaderOf(Keys.Of("alice"));

    public byte[] Unprotected { get; set; } = [0xa0];

    public byte[] Payload { get; set; } = PayloadOf(Members());

    /// <summary>Null: signed by alice.</summary>
    public byte[]? Signature { get; set; }

    public byte[] Trailing { get; set; } = [];

    public static byte[] HeaderOf(SigningKey key, Action<CborWriter>? algorithm = null) => HeaderFrom(
        algorithm ?? (writer => writer.Integer(-49)),
        writer => writer.Text("application/oar+cbor"),
        writer => writer.Bytes(key.Id.Value),
        writer => writer.Map(2).Unsigned(1).Text("operator-1").Unsigned(2).Text("assistant"));

    public static byte[] HeaderFrom(
        Action<CborWriter> algorithm, Action<CborWriter> type, Action<CborWriter> kid, Action<CborWriter> claims)
    {
        CborWriter writer = new();
        writer.Map(4).Unsigned(1);
        algorithm(writer);
        writer.Unsigned(3);
        type(writer);
        writer.Unsigned(4);
        kid(writer);
        writer.Unsigned(15);
        claims(writer);
        return writer.ToArray();
    }

    /// <summary>A sound intent, as members that a test adds to, takes from or replaces.</summary>
    public static CborMap Members(RecordKind kind = RecordKind.Intent, CborMap? body = null) => CborMap.Of(
        ("v", 1),
        ("seq", 1),
        ("body", body ?? ChainBuilder.SampleIntent()),
        ("kind", kind.Word()),
        ("prev", new RecordId(new byte[64])),
        ("time", 1_000),
        ("stream", Keys.Of("alice").Id));

    public static byte[] PayloadOf(CborMap members) => members.Encode();

    public static byte[] Without(string member) =>
        PayloadOf(CborMap.From(Members().Where(present => present.Key != member)));

    public byte[] ToBytes()
    {
        CborWriter signed = new();
        signed.Array(4).Text("Signature1").Bytes(Header).Bytes(ReadOnlySpan<byte>.Empty).Bytes(Payload);
        byte[] signature = Signature ?? Keys.Of("alice").Sign(signed.WrittenSpan, Keys.NoRandomness);
        CborWriter writer = new();
        writer.Tag(Tag).Array(4).Bytes(Header).Raw(Unprotected).Bytes(Payload).Bytes(signature).Raw(Trailing);
        return writer.ToArray();
    }

    public static byte[] Sha3Of(byte[] bytes)
    {
        byte[] hash = new byte[64];
        Sha3.Hash512(bytes, hash);
        return hash;
    }
}
