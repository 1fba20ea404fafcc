using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Bodies;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

/// <summary>Rules R1 to R12: one record, laid out by hand, wrong in one place.</summary>
public sealed class RecordFormTests
{
    private const string WrongValue = "a value that is not allowed here";
    private const string WrongType = "an item of another type was expected";
    private const string Unknown = "a member that this map does not allow";
    private const string Missing = "a required member is missing";
    private const string WrongLength = "a string has the wrong length";
    private const string WrongCount = "an array or map has the wrong number of items";

    [Fact]
    public void The_record_that_the_others_are_made_from_is_accepted()
    {
        Assert.Null(Refusal(new RawRecord()));
        Assert.True(Record.TryParse(new RawRecord().ToBytes(), out Record? record, out _));
        Assert.True(VerifiedRecord.TryVerify(record, Keys.Of("alice").PublicKey.Span, out _, out Fault? fault),
            fault?.Reason);
    }

    [Fact]
    public void The_envelope_is_a_tagged_COSE_Sign1_and_nothing_else()
    {
        byte[] sound = new RawRecord().ToBytes();
        Expect("tag: " + WrongType, 0, sound[1..]);
        Expect("tag: a tag that is not allowed here", 0, new RawRecord { Tag = 98 });
        Expect("tag: a tag that is not allowed here", 0, new RawRecord { Tag = 17 });
        Expect("tag: a length or integer is not in its shortest form", 0, [0xd8, 0x12, .. sound[1..]]);
        Expect("envelope: a tag that is not allowed here", 1, [0xd2, .. sound]);
        Expect("envelope: bytes follow the end of the item", sound.Length, new RawRecord { Trailing = [0] });
        Expect("tag: the bytes end inside an item", 0, []);
        Expect("envelope: " + WrongCount, 1, [0xd2, 0x83, .. sound[2..]]);
        Expect("envelope: " + WrongCount, 1, [0xd2, 0x85, .. sound[2..], 0]);
        Expect("envelope: indefinite lengths are not allowed", 1, [0xd2, 0x9f, .. sound[2..], 0xff]);
    }

    [Fact]
    public void The_unprotected_header_is_an_empty_map()
    {
        int at = 2 + 2 + new RawRecord().Header.Length;
        Expect("unprotected header: " + Unknown, at + 1, new RawRecord { Unprotected = [0xa1, 0x04, 0x41, 0x00] });
        Expect("unprotected header: " + WrongType, at, new RawRecord { Unprotected = [0x80] });
        Expect("unprotected header: " + WrongType, at, new RawRecord { Unprotected = [0xf6] });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(3308)]
    [InlineData(3310)]
    [InlineData(4627)]
    public void The_signature_has_3309_bytes(int length) =>
        Assert.Equal("signature: " + WrongLength, Refusal(new RawRecord { Signature = new byte[length] })?.Reason);

    [Fact]
    public void The_protected_header_says_four_things()
    {
        void Header(string reason, byte[] header) =>
            Assert.Equal("protected header " + reason,
                Refusal(new RawRecord { Header = header, Signature = new byte[3309] })?.Reason);

        Action<CborWriter> algorithm = writer => writer.Integer(-49);
        Action<CborWriter> type = writer => writer.Text("application/oar+cbor");
        Action<CborWriter> kid = writer => writer.Bytes(Keys.Of("alice").Id.Value);
        Action<CborWriter> claims = writer => writer.Map(2).Unsigned(1).Text("i").Unsigned(2).Text("s");
        Header("alg: " + WrongValue, RawRecord.HeaderFrom(writer => writer.Integer(-48), type, kid, claims));
        Header("alg: " + WrongValue, RawRecord.HeaderFrom(writer => writer.Integer(-7), type, kid, claims));
        Header("alg: " + WrongType, RawRecord.HeaderFrom(writer => writer.Text("ML-DSA-65"), type, kid, claims));
        Header("type: " + WrongValue, RawRecord.HeaderFrom(algorithm, writer =>
            writer.Text("application/oar+json"), kid, claims));
        Header("type: " + WrongType, RawRecord.HeaderFrom(algorithm, writer => writer.Unsigned(60), kid, claims));
        Header("kid: " + WrongLength, RawRecord.HeaderFrom(algorithm, type, writer =>
            writer.Bytes(new byte[31]), claims));
        Header("kid: " + WrongType, RawRecord.HeaderFrom(algorithm, type, writer => writer.Text("k"), claims));
        Header("iss: " + WrongType, RawRecord.HeaderFrom(
            algorithm, type, kid, writer => writer.Map(2).Unsigned(1).Unsigned(1).Unsigned(2).Text("s")));
        Header("sub: " + Missing, RawRecord.HeaderFrom(algorithm, type, kid, writer =>
            writer.Map(1).Unsigned(1).Text("i")));
        Header("iss: " + Missing, RawRecord.HeaderFrom(algorithm, type, kid, writer =>
            writer.Map(1).Unsigned(2).Text("s")));
        Header("claims: " + Unknown, RawRecord.HeaderFrom(
            algorithm, type, kid, writer => writer.Map(3).Unsigned(1).Text("i").Unsigned(2).Text("s").Unsigned(6)
                .Unsigned(1)));
        Header("claims: " + WrongType, RawRecord.HeaderFrom(algorithm, type, kid, writer => writer.Text("i")));
        Assert.Equal("protected header: the bytes end inside an item",
            Refusal(new RawRecord { Header = [0xa4] })?.Reason);
        Header("claims: " + Missing, new CborWriter().Map(3)
            .Unsigned(1).Integer(-49).Unsigned(3).Text("application/oar+cbor").Unsigned(4).Bytes(Digest.Zero)
                .ToArray());
        Header("alg: " + Unknown, [0xa1, 0x00, 0x00]);
    }

    [Fact]
    public void A_member_too_many_in_the_header_is_refused()
    {
        byte[] header = [0xa5, .. RawRecord.HeaderOf(Keys.Of("alice"))[1..], 0x10, 0x00];
        Assert.Equal("protected header: " + Unknown, Refusal(new RawRecord { Header = header })?.Reason);
        byte[] early = [0xa5, .. RawRecord.HeaderOf(Keys.Of("alice"))[1..3], 0x02, 0x80];
        Assert.StartsWith("protected header", Refusal(new RawRecord { Header = early })?.Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_behind_header_or_payload_are_refused()
    {
        Assert.Equal("protected header: bytes follow the end of the item",
            Refusal(new RawRecord { Header = [.. RawRecord.HeaderOf(Keys.Of("alice")), 0] })?.Reason);
        Assert.Equal("payload: bytes follow the end of the item",
            Refusal(new RawRecord { Payload = [.. new RawRecord().Payload, 0] })?.Reason);
    }

    [Theory]
    [InlineData("v")]
    [InlineData("seq")]
    [InlineData("body")]
    [InlineData("kind")]
    [InlineData("prev")]
    [InlineData("time")]
    [InlineData("stream")]
    public void Each_member_of_the_payload_is_required_and_never_null(string member)
    {
        Assert.Equal($"payload {member}: {Missing}",
            Refusal(new RawRecord { Payload = RawRecord.Without(member) })?.Reason);
        Payload($"payload {member}: {WrongType}", RawRecord.Members().With(member, CborNull.Value));
    }

    [Fact]
    public void The_payload_is_closed_and_each_member_has_its_type()
    {
        CborMap members = RawRecord.Members();
        Payload("payload: " + Unknown, members.With("zzzzzzz", 1));
        Payload("payload v: " + Unknown, members.With("a", 1));
        Payload("payload stream: " + Unknown, members.With("region", "eu"));
        Payload("payload v: " + WrongValue, members.With("v", 2));
        Payload("payload v: " + WrongValue, members.With("v", 0));
        Payload("payload seq: " + WrongType, members.With("seq", -1));
        Payload("payload time: " + WrongType, members.With("time", -1));
        Payload("payload prev: " + WrongLength, members.With("prev", new byte[32]));
        Payload("payload stream: " + WrongLength, members.With("stream", new byte[64]));
        Payload("payload body: " + WrongType, members.With("body", CborArray.Of()));
        Payload("payload kind: " + WrongValue, members.With("kind", "note"));
        Payload("payload kind: " + WrongValue, members.With("kind", "Intent"));
        Payload("payload kind: " + WrongValue, members.With("kind", ""));
        Payload("payload kind: " + WrongType, members.With("kind", 1));
        Assert.Equal("payload: " + WrongType, Refusal(new RawRecord { Payload = [0x80] })?.Reason);
        Assert.Equal("payload: the bytes end inside an item", Refusal(new RawRecord { Payload = [] })?.Reason);
    }

    [Fact]
    public void Any_crit_is_refused()
    {
        Payload("payload crit: " + Unknown, RawRecord.Members().With("crit", CborArray.Of("x")));
        Payload("payload crit: " + Unknown, RawRecord.Members().With("crit", CborArray.Of()));
    }

    [Fact]
    public void Causes_are_1_to_64_record_ids()
    {
        CborMap With(int count) => RawRecord.Members().With(
            "causes", CborArray.From(Enumerable.Range(0, count)
                .Select(i => (CborValue)new RecordId(RawRecord.Sha3Of([(byte)i])))));

        Assert.Null(Refusal(new RawRecord { Payload = With(1).Encode() }));
        Assert.True(Record.TryParse(new RawRecord { Payload = With(64).Encode() }.ToBytes(), out Record? record,
            out _));
        Assert.Equal(64, record.CauseCount);
        Assert.Equal(new RecordId(RawRecord.Sha3Of([63])), record.Cause(63));
        Assert.Throws<ArgumentOutOfRangeException>(() => record.Cause(64));
        Assert.Throws<ArgumentOutOfRangeException>(() => record.Cause(-1));
        Payload("payload causes: " + WrongCount, With(65));
        Payload("payload causes: " + WrongCount, With(0));
        Payload("payload causes: " + WrongLength, RawRecord.Members().With("causes", CborArray.Of(new byte[63])));
        Payload("payload causes: " + WrongType, RawRecord.Members().With("causes", CborNull.Value));
    }

    [Fact]
    public void Depth_is_counted_within_the_payload()
    {
        CborMap Nested(int arrays)
        {
            CborValue value = 1;
            for (int i = 0; i < arrays; i++)
            {
                value = CborArray.Of(value);
            }

            return RawRecord.Members(body: ChainBuilder.SampleIntent().With("x-deep", value));
        }

        // The payload has depth 1, the body 2, so six more fit.
        Assert.Null(Refusal(new RawRecord { Payload = Nested(6).Encode() }));
        CborWriter tooDeep = new();
        Assert.Throws<InvalidOperationException>(() => Nested(7).Encode());
        byte[] payload = Nested(6).Encode();
        int at = payload.AsSpan().IndexOf("x-deep"u8) + 6;
        byte[] deeper = [.. payload[..at], 0x81, .. payload[at..]];
        Assert.Equal("payload body: arrays and maps are nested too deeply",
            Refusal(new RawRecord { Payload = deeper })?.Reason);
        Assert.Equal(0, tooDeep.Length);
    }

    [Fact]
    public void A_record_has_at_most_60000_bytes()
    {
        int bare = Sized(300).Length - 300;
        byte[] largest = Sized(Limits.RecordBytes - bare);
        Assert.Equal(Limits.RecordBytes, largest.Length);
        Assert.True(Record.TryParse(largest, out _, out Fault? fault), fault?.ToString());
        Expect("a record has at most 60,000 bytes", 60_000, Sized(Limits.RecordBytes - bare + 1));

        static byte[] Sized(int padding) => new RawRecord
        {
            Payload = RawRecord.PayloadOf(RawRecord.Members(body: ChainBuilder.SampleIntent()
                .With("x-pad", new byte[padding]))),
            Signature = new byte[3309],
        }.ToBytes();
    }

    [Fact]
    public void A_root_record_has_at_most_4095_bytes()
    {
        int bare = Sized(300).Length - 300;
        Assert.True(Record.TryParse(Sized(Limits.RootRecordBytes - bare), out _, out Fault? fault), fault?.ToString());
        Expect("a root record has at most 4,095 bytes", 4_095, Sized(Limits.RootRecordBytes - bare + 1));

        static byte[] Sized(int label) => new RawRecord
        {
            Payload = RawRecord.PayloadOf(RawRecord.Members(
                RecordKind.Root, Body.Root(SampleBodies.SomeDigest, 1, new string('x', label)))),
            Signature = new byte[3309],
        }.ToBytes();
    }

    [Fact]
    public void An_offset_counts_from_the_first_byte_of_the_record()
    {
        byte[] bytes = new RawRecord { Payload = RawRecord.Members().With("kind", "note").Encode() }.ToBytes();
        Assert.False(Record.TryParse(bytes, out _, out Fault? fault));
        Assert.Equal(bytes.AsSpan().IndexOf("dnote"u8), fault.Offset);
        Assert.Equal($"encoding: payload kind: {WrongValue} (offset {fault.Offset})", fault.ToString());
    }

    [Fact]
    public void Accepting_a_record_by_its_form_allocates_nothing()
    {
        byte[] bytes = new RawRecord().ToBytes();
        Assert.True(RecordParser.TryRead(bytes, out _, out _));
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool read = RecordParser.TryRead(bytes, out _, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(read);
    }

    private static void Payload(string reason, CborMap payload) =>
        Assert.Equal(reason, Refusal(new RawRecord { Payload = payload.Encode(), Signature = new byte[3309] })?.Reason);

    private static void Expect(string reason, int offset, RawRecord raw) => Expect(reason, offset, raw.ToBytes());

    private static void Expect(string reason, int offset, byte[] bytes)
    {
        Assert.False(Record.TryParse(bytes, out _, out Fault? fault));
        Assert.Equal(new Fault(Layer.Encoding, reason, offset), fault);
    }

    private static Fault? Refusal(RawRecord raw) =>
        Record.TryParse(raw.ToBytes(), out _, out Fault? fault) ? null : fault;
}
