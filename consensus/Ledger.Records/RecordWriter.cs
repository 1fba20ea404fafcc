using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;

namespace Ledger.Records;

/// <summary>What a record is to say. <c>iss</c> and <c>sub</c> are pseudonyms, never names or mail addresses.</summary>
/// <param name="Prev">Id of the record before; zero for a genesis record.</param>
/// <param name="Time">Not before the record before's, unless this is a gap record.</param>
/// <param name="Causes">Ids of earlier records that informed this one, at most 64.</param>
public sealed record RecordContent(
    StreamId Stream,
    Sequence Seq,
    RecordId Prev,
    UnixTime Time,
    RecordKind Kind,
    CborMap Body,
    ImmutableArray<RecordId> Causes = default)
{
    /// <summary>The record that follows a stream's head.</summary>
    public static RecordContent After(Streams.StreamState head, UnixTime time, RecordKind kind, CborMap body) =>
        new(head.Stream, head.Seq.Next, head.Head, time, kind, body);
}

/// <summary>Lays out and signs records.</summary>
public static class RecordWriter
{
    private const long AlgorithmMlDsa65 = -49;

    /// <summary>Signs, and returns the tagged COSE_Sign1 bytes.</summary>
    /// <param name="randomizer">32 bytes: fresh and random, or zero for a deterministic signature.</param>
    /// <exception cref="ArgumentException">
    /// The content breaks a rule of form; <see cref="TrySeal"/> says so as a value.
    /// </exception>
    public static byte[] Seal(
        SigningKey key, string issuer, string subject, RecordContent content, ReadOnlySpan<byte> randomizer) =>
        TrySeal(key, issuer, subject, content, randomizer, out Record? record, out Fault? fault)
            ? record.Bytes.ToArray()
            : throw new ArgumentException($"No record can say this: {fault.Reason}.", nameof(content));

    /// <summary>Signs what <see cref="Record.TryParse"/> will accept, and nothing else.</summary>
    /// <inheritdoc cref="Seal"/>
    public static bool TrySeal(
        SigningKey key,
        string issuer,
        string subject,
        RecordContent content,
        ReadOnlySpan<byte> randomizer,
        [NotNullWhen(true)] out Record? record,
        [NotNullWhen(false)] out Fault? fault)
    {
        byte[] bytes = LayOut(key.Id, issuer, subject, content);
        record = null;

        // Form first, so that a signature over a record that nobody may accept never comes to be.
        if (!RecordParser.TryRead(bytes, out RecordForm form, out fault))
        {
            return false;
        }

        byte[] signed = new byte[SignedContent.Length(form)];
        SignedContent.Write(bytes, form, signed);
        key.Sign(signed, randomizer, bytes.AsSpan(form.Signature.Offset, form.Signature.Length));
        return Record.TryParse(bytes, out record, out fault);
    }

    /// <summary>The record with a signature of zeros.</summary>
    private static byte[] LayOut(KeyId kid, string issuer, string subject, RecordContent content)
    {
        byte[] header = LayOutHeader(kid, issuer, subject);
        byte[] payload = LayOutPayload(content);
        return new CborWriter(header.Length + payload.Length + Limits.SignatureBytes + 32)
            .Tag(18)
            .Array(4)
            .Bytes(header)
            .Map(0)
            .Bytes(payload)
            .Bytes(new byte[Limits.SignatureBytes])
            .ToArray();
    }

    private static byte[] LayOutHeader(KeyId kid, string issuer, string subject) =>
        new CborWriter()
            .Map(4)
            .Unsigned(1).Integer(AlgorithmMlDsa65)
            .Unsigned(3).Text("application/oar+cbor"u8)
            .Unsigned(4).Bytes(kid.Value)
            .Unsigned(15).Map(2)
            .Unsigned(1).Text(issuer)
            .Unsigned(2).Text(subject)
            .ToArray();

    private static byte[] LayOutPayload(RecordContent content)
    {
        bool caused = !content.Causes.IsDefaultOrEmpty;
        CborWriter writer = new(1_024);
        writer.Map(caused ? 8 : 7)
            .Text("v"u8).Unsigned(1)
            .Text("seq"u8).Unsigned(content.Seq.Value)
            .Text("body"u8);
        content.Body.WriteTo(writer);
        writer.Text("kind"u8).Text(content.Kind.Word())
            .Text("prev"u8).Bytes(content.Prev)
            .Text("time"u8).Unsigned(content.Time.Milliseconds);
        if (caused)
        {
            writer.Text("causes"u8).Array(content.Causes.Length);
            foreach (RecordId cause in content.Causes)
            {
                writer.Bytes(cause);
            }
        }

        return writer.Text("stream"u8).Bytes(content.Stream.Value).ToArray();
    }
}
