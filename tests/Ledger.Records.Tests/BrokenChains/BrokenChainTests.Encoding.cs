using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Bodies;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

public sealed partial class BrokenChainTests
{
    private static IEnumerable<Case> EncodingCases() =>
    [
        Sound("three records", () => Three().ToFile()),
        Sound("a genesis record alone", () => new ChainBuilder().Genesis().ToFile()),
        Sound("a record after genesis, laid out by hand", () => AfterGenesis(members => members.Encode())),
        Sound("a body with members of its own", () => AfterGenesis(
            members => members.With("body", ChainBuilder.SampleIntent().With("x", CborNull.Value)).Encode())),
        .. FileCases(),
        .. PayloadCases(),
        .. ShapeCases(),
    ];

    private static IEnumerable<Case> FileCases() =>
    [
        Bad("an empty file", Layer.Encoding, 0, () => Array.Empty<byte>()),
        Bad("one zero byte", Layer.Encoding, 0, () => [0x00]),
        Bad("a word", Layer.Encoding, 0, () => "hello"u8.ToArray()),
        Bad("a JSON document", Layer.Encoding, 0, () => "{\"verdict\": \"VERIFIED\"}"u8.ToArray()),
        Bad("a long text", Layer.Encoding, 0, () => new byte[200_000].Select((_, i) => (byte)('a' + (i % 7)))
            .ToArray()),
        Bad("the break of an array that never began", Layer.Encoding, 0, () => [0xff]),
        Bad("genesis cut short by a byte", Layer.Encoding, 0, () => new ChainBuilder().Genesis().ToFile()[..^1]),
        Bad("the last record cut short by a byte", Layer.Encoding, 2, () => Three().ToFile()[..^1]),
        Bad("only the first byte of a fourth record", Layer.Encoding, 3, () => [.. Three().ToFile(), 0xd2]),
        Bad("the first two bytes of a fourth record", Layer.Encoding, 3, () => [.. Three().ToFile(), 0xd2, 0x84]),
        Bad("a zero byte behind the last record", Layer.Encoding, 3, () => [.. Three().ToFile(), 0x00]),
        Bad("a break behind the last record", Layer.Encoding, 3, () => [.. Three().ToFile(), 0xff]),
        Bad("a line feed behind the last record", Layer.Encoding, 3, () => [.. Three().ToFile(), (byte)'\n']),
        Bad("a zero byte between two records", Layer.Encoding, 1,
            () => [.. Three().Records[0].Bytes.Span, 0x00, .. Three().Records[1].Bytes.Span]),
        Bad("an array of records", Layer.Encoding, 0, () => [0x83, .. Three().ToFile()]),
        Bad("an indefinite array of records", Layer.Encoding, 0, () => [0x9f, .. Three().ToFile(), 0xff]),
        Bad("a record in a byte string", Layer.Encoding, 1,
            () => Replace(1, new CborWriter().Bytes(Three().Records[1].Bytes.Span).ToArray())),
        Bad("a record without its tag", Layer.Encoding, 1, () => Replace(1, Three().Records[1].Bytes.ToArray()[1..])),
        Bad("a record with two tags", Layer.Encoding, 1, () => Replace(1, [0xd2, .. Three().Records[1].Bytes.Span])),
        Bad("the tag of a COSE_Mac0", Layer.Encoding, 1, () =>
            Replace(1, [0xd1, .. Three().Records[1].Bytes.Span[1..]])),
        Bad("a tag in two bytes", Layer.Encoding, 1, () =>
            Replace(1, [0xd8, 0x12, .. Three().Records[1].Bytes.Span[1..]])),
        Bad("a record with five items", Layer.Encoding, 1,
            () => Replace(1, [0xd2, 0x85, .. Three().Records[1].Bytes.Span[2..], 0x00])),
        Bad("a record of indefinite length", Layer.Encoding, 1,
            () => Replace(1, [0xd2, 0x9f, .. Three().Records[1].Bytes.Span[2..], 0xff])),
        Bad("a record of 60,001 bytes", Layer.Encoding, 1, () => Sized(60_001)),
        Sound("a record of 60,000 bytes", () => Sized(60_000)),
        Bad("a record that claims a megabyte", Layer.Encoding, 3,
            () => [.. Three().ToFile(), 0xd2, 0x84, 0x5a, 0x00, 0x10, 0x00, 0x00, .. new byte[1_000]]),
        Bad("a record that claims 2^64 - 1 bytes", Layer.Encoding, 3,
            () => [.. Three().ToFile(), 0xd2, 0x84, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]),
    ];

    private static IEnumerable<Case> PayloadCases() =>
    [
        Bad("an entry in the unprotected header", Layer.Encoding, 1,
            () => AfterGenesis(members => members.Encode(), raw => raw.Unprotected = [0xa1, 0x18, 0x63, 0x00])),
        Bad("a header of another algorithm", Layer.Encoding, 1, () => AfterGenesis(
            members => members.Encode(), raw =>
                raw.Header = RawRecord.HeaderOf(Key("alice"), alg => alg.Integer(-48)))),
        Bad("a signature of 3,308 bytes", Layer.Encoding, 1,
            () => AfterGenesis(members => members.Encode(), raw => raw.Signature = new byte[3308])),
        Bad("a byte behind the payload map", Layer.Encoding, 1, () =>
            AfterGenesis(members => [.. members.Encode(), 0x00])),
        Bad("a byte behind the header map", Layer.Encoding, 1,
            () => AfterGenesis(members => members.Encode(), raw => raw.Header = [.. raw.Header, 0x00])),
        Bad("an empty payload", Layer.Encoding, 1, () => AfterGenesis(_ => [])),
        Bad("version 2", Layer.Encoding, 1, () => AfterGenesis(members => members.With("v", 2).Encode())),
        Bad("a crit", Layer.Encoding, 1, () =>
            AfterGenesis(members => members.With("crit", CborArray.Of("x")).Encode())),
        Bad("an unknown kind", Layer.Encoding, 1, () => AfterGenesis(members => members.With("kind", "note").Encode())),
        Bad("a member that the payload does not know", Layer.Encoding, 1,
            () => AfterGenesis(members => members.With("region", "eu").Encode())),
        Bad("a null for an absent member", Layer.Encoding, 1,
            () => AfterGenesis(members => members.With("causes", CborNull.Value).Encode())),
        Bad("no time", Layer.Encoding, 1,
            () => AfterGenesis(members => CborMap.From(members.Where(member => member.Key != "time")).Encode())),
        Bad("a negative seq", Layer.Encoding, 1, () => AfterGenesis(members => members.With("seq", -1).Encode())),
        Bad("a prev of 32 bytes", Layer.Encoding, 1, () =>
            AfterGenesis(members => members.With("prev", new byte[32]).Encode())),
        Bad("no cause in causes", Layer.Encoding, 1, () =>
            AfterGenesis(members => members.With("causes", CborArray.Of()).Encode())),
        Bad("65 causes", Layer.Encoding, 1, () => AfterGenesis(members => members.With(
            "causes", CborArray.From(Enumerable.Repeat<CborValue>(SampleBodies.SomeId, 65))).Encode())),
        Sound("64 causes that are shown nowhere", () => AfterGenesis(members => members.With(
            "causes", CborArray.From(Enumerable.Repeat<CborValue>(SampleBodies.SomeId, 64))).Encode())),
        Bad("an integer in more bytes than it needs", Layer.Encoding, 1, () => AfterGenesis(
            members => Swap(members.Encode(), "av\u0001"u8, [0x61, (byte)'v', 0x18, 0x01]))),
        Bad("keys out of order", Layer.Encoding, 1, () => AfterGenesis(
            members => Swap(members.Encode(), [0x61, (byte)'v', 0x01, 0x63, (byte)'s', (byte)'e', (byte)'q', 0x01],
                [0x63, (byte)'s', (byte)'e', (byte)'q', 0x01, 0x61, (byte)'v', 0x01]))),
        Bad("a key twice", Layer.Encoding, 1, () => AfterGenesis(
            members => Swap(members.Encode(), "cseq"u8, [0x61, (byte)'v']))),
        Bad("a float in the body", Layer.Encoding, 1, () => InBody([0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0])),
        Bad("a tag in the body", Layer.Encoding, 1, () => InBody([0xc1, 0x00])),
        Bad("an undefined in the body", Layer.Encoding, 1, () => InBody([0xf7])),
        Bad("an indefinite text in the body", Layer.Encoding, 1, () => InBody([0x7f, 0x61, 0x61, 0xff])),
        Bad("2^53 in the body", Layer.Encoding, 1, () => InBody([0x1b, 0x00, 0x20, 0, 0, 0, 0, 0, 0])),
        Sound("2^53 - 1 in the body", () => InBody([0x1b, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
        Bad("no UTF-8 in the body", Layer.Encoding, 1, () => InBody([0x61, 0xff])),
        Bad("an integer key in the body", Layer.Encoding, 1, () => InBody([0xa1, 0x01, 0x01])),
        Bad("depth nine", Layer.Encoding, 1, () => InBody([0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x80])),
        Sound("depth eight", () => InBody([0x81, 0x81, 0x81, 0x81, 0x81, 0x80])),
    ];

    private static IEnumerable<Case> ShapeCases() =>
    [
        Bad("an intent without model", Layer.Encoding, 1, () => Body1(
            RecordKind.Intent, CborMap.From(ChainBuilder.SampleIntent().Where(member => member.Key != "model")))),
        Bad("an outcome of an unknown status", Layer.Encoding, 1, () => Body1(
            RecordKind.Outcome, CborMap.Of(("intent", SampleBodies.SomeId), ("status", "fine")))),
        Bad("a commitment with a member too many", Layer.Encoding, 1, () => Body1(
            RecordKind.Document, CborMap.Of(("type", "soc2"),
                ("doc", SampleBodies.Commit.ToCbor().With("salt", "x"))))),
        Bad("a commitment of another hash", Layer.Encoding, 1, () => Body1(
            RecordKind.Document, CborMap.Of(("type", "soc2"),
                ("doc", SampleBodies.Commit.ToCbor().With("alg", "sha-512"))))),
        Bad("a key of another algorithm", Layer.Encoding, 1, () => Body1(
            RecordKind.Key, Body.KeyChange(new byte[1312], new byte[3309]))),
        Bad("a root record of 4,096 bytes", Layer.Encoding, 1, () => Root(4_096)),
        Sound("a root record of 4,095 bytes", () => Root(4_095)),
        .. KindCases(),
    ];

    /// <summary>For the body of each kind: a sound one with every member, and the same with one fault in it.</summary>
    private static IEnumerable<Case> KindCases()
    {
        foreach ((RecordKind kind, string name, CborMap body) in SampleBodies.All())
        {
            // Those that open and turn a stream stand with the stream rules.
            if (kind is not (RecordKind.Genesis or RecordKind.Key or RecordKind.Revoke))
            {
                yield return Sound($"a full body: {name}", () => Body1(kind, body));
            }

            foreach ((string of, string fault, Func<CborMap, CborMap> change) in BodyFaults)
            {
                if (of == name)
                {
                    yield return Bad($"{name}: {fault}", Layer.Encoding, 1, () => Body1(kind, change(body)));
                }
            }
        }

        yield return Bad("a genesis without a name", Layer.Encoding, 0, () => new RawRecord
        {
            Payload = RawRecord.Members(RecordKind.Genesis, CborMap.Of(("key", Key("alice").PublicKey.ToArray())))
                .With("seq", 0).Encode(),
        }.ToBytes());
    }

    private static (string Of, string Fault, Func<CborMap, CborMap> Change)[] BodyFaults =>
    [
        ("intent", "an actor of a fourth type", body => In(body, "actor", actor => actor.With("type", "robot"))),
        ("outcome", "an oversight without its person",
            body => body.With("oversight", CborMap.Of(("decision", "approved")))),
        ("model", "a part that nobody knows",
            body => body.With("after", CborMap.Of(("weather", SampleBodies.SomeDigest)))),
        ("model", "no part before", body => body.With("before", CborMap.Empty)),
        ("document soc2", "an issue date in words", body => body.With("issued", "last week")),
        ("document model-card", "a hallucination without its rate",
            body => body.With("hallucination", CborMap.Of(("method", "h")))),
        ("document red-team", "cases run and none said to fail", body => body.With("cases", CborMap.Of(("run", 500)))),
        ("document zero-training", "a scope that is a number", body => body.With("scope", 1)),
        ("document residency", "a processor without its role",
            body => body.With("processors", CborArray.Of(CborMap.Of(("name", "h"))))),
        ("measure", "a value that is a number", body => body.With("value", 93)),
        ("incident", "a notification to nobody", body => body.With("notified", CborArray.Of(CborMap.Of(("at", 4))))),
        ("oversight", "about nothing", body => body.With("about", CborArray.Of())),
        ("correction", "members that correct nothing", body => body.With("members", CborMap.Empty)),
        ("gap", "a negative count of acts", body => body.With("acts", -1)),
        ("erasure", "members of no record",
            body => body.With("erased", CborArray.Of(CborMap.Of(("members", CborArray.Of("x")))))),
        ("hold", "neither placed nor released", body => body.With("action", "lift")),
        ("key", "a proof of 3,308 bytes", body => body.With("proof", new byte[3308])),
        ("revoke", "heirs that are null", body => body.With("heirs", CborNull.Value)),
        ("root", "a root of another hash", body => body.With("alg", "sha-512")),
        ("anchor", "a proof without its index",
            body => In(body, "proof", proof => CborMap.From(proof.Where(member => member.Key != "index")))),
        ("anchor", "a proof with a member too many", body => In(body, "proof", proof => proof.With("depth", 1))),
        ("governance", "an approval without its signature",
            body => body.With("approvals", CborArray.Of(CborMap.Of(("kid", SampleBodies.SomeDigest))))),
        ("governance", "nothing changes", body => body.With("change", CborMap.Empty)),
    ];

    private static CborMap In(CborMap body, string member, Func<CborMap, CborMap> change) =>
        body.With(member, change((CborMap)body[member]));

    private static byte[] Body1(RecordKind kind, CborMap body) =>
        AfterGenesis(members => members.With("kind", kind.Word()).With("body", body).Encode());

    /// <summary>An intent whose body has a further member with this encoded value.</summary>
    private static byte[] InBody(byte[] encoded) => AfterGenesis(members => Swap(
        members.With("body", ChainBuilder.SampleIntent().With("x-member", "x-value")).Encode(),
        new CborText("x-value").Encode(),
        encoded));

    private static byte[] Sized(int size) => Padded(size, padding => AfterGenesis(members =>
        members.With("body", ChainBuilder.SampleIntent().With("x", new byte[padding])).Encode()));

    private static byte[] Root(int size) => Padded(size, padding => Body1(
        RecordKind.Root, Body.Root(SampleBodies.SomeDigest, 1, new string('x', padding))));

    /// <summary>The file whose second record has this many bytes.</summary>
    private static byte[] Padded(int size, Func<int, byte[]> file)
    {
        int genesis = new ChainBuilder().Genesis().ToFile().Length;
        int bare = file(300).Length - genesis - 300;
        byte[] padded = file(size - bare);
        Assert.Equal(size, padded.Length - genesis);
        return padded;
    }
}
