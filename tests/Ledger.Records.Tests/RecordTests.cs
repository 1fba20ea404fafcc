using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records.Bodies;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

public sealed class RecordTests
{
    private static readonly RecordContent Content = new(
        new StreamId(Keys.Of("alice").Id.Value),
        new Sequence(7),
        SampleBodies.SomeId,
        new UnixTime(1_700_000_000_000),
        RecordKind.Intent,
        ChainBuilder.SampleIntent(),
        [new RecordId(RawRecord.Sha3Of([2])), new RecordId(RawRecord.Sha3Of([3]))]);

    [Fact]
    public void What_was_sealed_is_read_back()
    {
        Record record = ChainBuilder.Seal(Content, Keys.Of("alice"));
        Assert.Equal(Keys.Of("alice").Id, record.Kid);
        Assert.Equal(Content.Stream, record.Stream);
        Assert.Equal(Content.Seq, record.Seq);
        Assert.Equal(Content.Prev, record.Prev);
        Assert.Equal(Content.Time, record.Time);
        Assert.Equal(RecordKind.Intent, record.Kind);
        Assert.Equal("operator-1", record.Issuer);
        Assert.Equal("assistant", record.Subject);
        Assert.Equal(2, record.CauseCount);
        Assert.Equal(Content.Causes[1], record.Cause(1));
        Assert.Equal(Content.Body, record.DecodeBody());
        Assert.Equal(Content.Body.Encode(), record.Body.ToArray());
        Assert.Equal("answer", ((CborText)CborValue.Decode(record.BodyMember("action"u8))).Value);
        Assert.True(record.BodyMember("target"u8).IsEmpty);
        Assert.Equal(3309, record.Signature.Length);
    }

    [Fact]
    public void The_id_is_SHA3_512_and_the_entry_SHA_256_of_the_tagged_bytes()
    {
        Record record = ChainBuilder.Seal(Content, Keys.Of("alice"));
        Assert.Equal(0xd2, record.Bytes.Span[0]);
        Assert.Equal(SHA256.HashData(record.Bytes.Span), record.Entry.Value.ToArray());
        if (SHA3_512.IsSupported)
        {
            Assert.Equal(SHA3_512.HashData(record.Bytes.Span), record.Id.ToArray());
        }
    }

    [Fact]
    public void The_signature_covers_the_COSE_Sig_structure()
    {
        Record record = ChainBuilder.Seal(Content, Keys.Of("alice"));
        byte[] expected = CborArray.Of(
            "Signature1", record.ProtectedHeader.ToArray(), Array.Empty<byte>(), record.Payload.ToArray()).Encode();
        Assert.Equal(expected, record.SignedBytes());
        Assert.True(MlDsa65.Verify(Keys.Of("alice").PublicKey.Span, expected, [], record.Signature));
    }

    [Fact]
    public void A_signature_holds_only_under_the_key_that_the_record_names()
    {
        Record record = ChainBuilder.Seal(Content, Keys.Of("alice"));
        Assert.True(VerifiedRecord.TryVerify(record, Keys.Of("alice").PublicKey.Span, out VerifiedRecord? verified,
            out _));
        Assert.Same(record, verified.Record);
        Assert.False(VerifiedRecord.TryVerify(record, Keys.Of("bob").PublicKey.Span, out _, out Fault? fault));
        Assert.Equal(Layer.Signature, fault.Layer);
        Assert.False(VerifiedRecord.TryVerify(record, [], out _, out fault));
        Assert.Equal(Layer.Signature, fault.Layer);
    }

    [Fact]
    public void A_record_that_names_anothers_key_is_not_verified_under_it()
    {
        // Signed by mallory, naming alice.
        RawRecord raw = new();
        byte[] signed = CborArray.Of("Signature1", raw.Header, Array.Empty<byte>(), raw.Payload).Encode();
        Assert.True(Record.TryParse(raw.ToBytes(), out Record? honest, out _));
        Assert.True(VerifiedRecord.TryVerify(honest, Keys.Of("alice").PublicKey.Span, out _, out _));
        raw.Signature = Keys.Of("mallory").Sign(signed, Keys.NoRandomness);
        Assert.True(Record.TryParse(raw.ToBytes(), out Record? forged, out _));
        Assert.False(VerifiedRecord.TryVerify(forged, Keys.Of("alice").PublicKey.Span, out _, out _));
    }

    /// <summary>
    /// Each byte, two bits of it: refused by form, or a different record whose signature does not hold.
    /// </summary>
    [Fact]
    public void No_byte_of_a_record_can_be_flipped()
    {
        Record record = ChainBuilder.Seal(Content, Keys.Of("alice"));
        ReadOnlySpan<byte> key = Keys.Of("alice").PublicKey.Span;
        Assert.True(VerifiedRecord.TryVerify(record, key, out _, out _));
        int refused = 0;
        for (int i = 0; i < record.Bytes.Length; i++)
        {
            byte[] flipped = record.Bytes.ToArray();
            flipped[i] ^= (byte)(1 << (i % 8));
            if (!Record.TryParse(flipped, out Record? other, out Fault? fault))
            {
                Assert.InRange(fault.Offset ?? -1, 0, flipped.Length);
                refused++;
                continue;
            }

            Assert.NotEqual(record.Id, other.Id);
            Assert.NotEqual(record.Entry, other.Entry);
            Assert.False(VerifiedRecord.TryVerify(other, key, out _, out _), $"byte {i}");
        }

        Assert.InRange(refused, 50, record.Bytes.Length - 3309);
    }

    [Fact]
    public void No_prefix_of_a_record_is_a_record()
    {
        Record record = ChainBuilder.Seal(Content, Keys.Of("alice"));
        for (int length = 0; length < record.Bytes.Length; length++)
        {
            Assert.False(Record.TryParse(record.Bytes[..length], out _, out Fault? fault));
            Assert.Equal(Layer.Encoding, fault.Layer);
        }
    }

    [Fact]
    public void Sealing_twice_without_randomness_gives_the_same_bytes_and_with_it_the_same_content()
    {
        Record first = ChainBuilder.Seal(Content, Keys.Of("alice"));
        Assert.Equal(first.Bytes.ToArray(), ChainBuilder.Seal(Content, Keys.Of("alice")).Bytes.ToArray());
        byte[] random = RandomNumberGenerator.GetBytes(32);
        Assert.True(RecordWriter.TrySeal(Keys.Of("alice"), "operator-1", "assistant", Content, random,
            out Record? second, out _));
        Assert.NotEqual(first.Id, second.Id);
        Assert.True(first.HasSameContent(second));
        Assert.True(VerifiedRecord.TryVerify(second, Keys.Of("alice").PublicKey.Span, out _, out _));
        Assert.False(first.HasSameContent(
            ChainBuilder.Seal(Content with { Time = new UnixTime(1) }, Keys.Of("alice"))));
    }

    [Fact]
    public void What_no_record_can_say_is_not_sealed()
    {
        RecordContent wrong = Content with { Body = CborMap.Empty };
        Assert.False(RecordWriter.TrySeal(Keys.Of("alice"), "i", "s", wrong, Keys.NoRandomness, out _,
            out Fault? fault));
        Assert.Equal("body actor: a required member is missing", fault.Reason);
        Assert.Throws<ArgumentException>(() => RecordWriter.Seal(Keys.Of("alice"), "i", "s", wrong, Keys.NoRandomness));
        RecordContent tooLong = Content with { Body = ChainBuilder.SampleIntent().With("x", new byte[60_000]) };
        Assert.False(RecordWriter.TrySeal(Keys.Of("alice"), "i", "s", tooLong, Keys.NoRandomness, out _, out fault));
        Assert.Equal("a record has at most 60,000 bytes", fault.Reason);
    }

    [Fact]
    public void Every_kind_has_the_word_that_the_specification_gives_it()
    {
        string[] words =
        [
            "genesis", "intent", "outcome", "model", "document", "measure", "incident", "oversight", "correction",
                "gap",
            "erasure", "hold", "key", "revoke", "root", "anchor", "governance",
        ];
        Assert.Equal(words, Enum.GetValues<RecordKind>().Select(kind => kind.Word()));
        foreach (string word in words)
        {
            Assert.True(RecordKinds.TryParse(word, out RecordKind kind));
            Assert.Equal(word, kind.Word());
        }

        Assert.False(RecordKinds.TryParse("Genesis", out _));
        Assert.False(RecordKinds.TryParse("", out _));
    }

    [Fact]
    public void A_commitment_opens_with_its_salt_and_content_and_with_nothing_else()
    {
        byte[] salt = SHA256.HashData([1]);
        byte[] content = Encoding.UTF8.GetBytes("the answer");
        Digest hash = Commitment.Of(salt, content);
        Assert.Equal(SHA256.HashData([.. salt, .. content]), hash.ToArray());
        Commitment commitment = new(hash, "text/plain", (ulong)content.Length);
        Assert.True(commitment.Opens(salt, content));
        Assert.False(commitment.Opens(salt, content.AsSpan(1)));
        Assert.False(commitment.Opens(SHA256.HashData([2]), content));
        Assert.False(commitment.Opens(salt.AsSpan(1), [salt[0], .. content]));
        Assert.False((commitment with { Size = 3 }).Opens(salt, content));
        Assert.Equal(commitment, Commitment.From(commitment.ToCbor()));
        Assert.Equal(new Commitment(hash), Commitment.From(new Commitment(hash).ToCbor()));
        Assert.Throws<ArgumentException>(() => Commitment.Of([], content));
    }

    [Fact]
    public void A_record_is_shown_in_diagnostic_notation_and_in_JSON()
    {
        Record record = ChainBuilder.Seal(Content with { Body = ChainBuilder.SampleIntent("\u001b[2J") },
            Keys.Of("alice"));
        string shown = RecordText.Diagnostic(record);
        Assert.StartsWith("18([\n  <<{\n    1: -49,\n", shown, StringComparison.Ordinal);
        Assert.Contains("\"seq\": 7,", shown, StringComparison.Ordinal);
        Assert.Contains("\\u001b[2J", shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', shown);

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            RecordText.Write(writer, record);
        }

        using JsonDocument json = JsonDocument.Parse(stream.ToArray());
        Assert.Equal(record.Id.ToString(), json.RootElement.GetProperty("id").GetString());
        Assert.Equal(7, json.RootElement.GetProperty("seq").GetInt32());
        Assert.Equal("intent", json.RootElement.GetProperty("kind").GetString());
        Assert.Equal(2, json.RootElement.GetProperty("causes").GetArrayLength());
        Assert.Equal("agent", json.RootElement.GetProperty("body").GetProperty("actor").GetProperty("type")
            .GetString());
    }

    [Fact]
    public void A_carried_key_is_found_in_genesis_key_and_revoke_records_alone()
    {
        byte[] key = Keys.Of("alice").PublicKey.ToArray();
        foreach ((RecordKind kind, _, CborMap body) in SampleBodies.All())
        {
            // A further member named signer, in a body that knows none, carries nothing.
            CborMap further = kind is RecordKind.Key or RecordKind.Revoke or RecordKind.Root ? body
                : body.With("signer", key);
            Record record = ChainBuilder.Seal(Content with { Kind = kind, Body = further }, Keys.Of("alice"));
            bool carried = record.TryGetCarriedKey(out ReadOnlySpan<byte> found);
            Assert.Equal(kind is RecordKind.Genesis or RecordKind.Key or RecordKind.Revoke, carried);
            Assert.True(!carried || found.SequenceEqual(key));
            int keys = kind switch { RecordKind.Key => 2, RecordKind.Genesis or RecordKind.Revoke => 1, _ => 0 };
            Assert.Equal(keys, record.PublicKeys().Count);
            Assert.True(!carried || record.PublicKeys()[0].Span.SequenceEqual(key));
        }

        Record plain = ChainBuilder.Seal(
            Content with { Kind = RecordKind.Revoke, Body = Body.Revoke(Keys.Of("bob").Id, default, "r") },
                Keys.Of("alice"));
        Assert.False(plain.TryGetCarriedKey(out _));
        Assert.Empty(plain.PublicKeys());
    }
}
