using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.Vectors;

/// <summary>A record made from the golden one at <paramref name="Of"/>, other in one place.</summary>
internal sealed record Mutant(int Of, byte[] Bytes);

/// <summary>
/// Golden records of every kind with every member that the specification names, and what comes of them when each item
/// of each payload in turn is left out, made another or doubled, and when bytes are changed at random.
/// </summary>
internal static class FormMutations
{
    private const int RandomCases = 2_000;

    public static ImmutableArray<(string Name, RecordKind Kind, byte[] Bytes)> Golden { get; } =
    [
        .. SampleBodies.All().Select(sample => (sample.Name, sample.Kind, Lay(sample.Kind, sample.Body))),
        ("intent with causes", RecordKind.Intent, new RawRecord
        {
            Payload = RawRecord.Members()
                .With("causes", CborArray.Of(SampleBodies.SomeId, SampleBodies.SomeId)).Encode(),
        }.ToBytes()),
        ("intent with members of its own", RecordKind.Intent, Lay(RecordKind.Intent, ChainBuilder.SampleIntent()
            .With("x", CborNull.Value)
            .With("x-flag", true)
            .With("x-list", CborArray.Of(CborArray.Of(), CborMap.Empty, -1))
            .With("x-text", "\u00e9\U0001F600"))),
    ];

    public static IEnumerable<Mutant> All()
    {
        for (int of = 0; of < Golden.Length; of++)
        {
            Assert.True(Record.TryParse(Golden[of].Bytes, out Record? record, out _));
            CborMap payload = (CborMap)CborValue.Decode(record.Payload);
            byte[] signature = record.Signature.ToArray();
            IEnumerable<byte[]> payloads = Variants(payload).Select(other => other.Encode());
            foreach (byte[] other in payloads.Concat(of == Golden.Length - 1 ? WithForeignItems(record) : []))
            {
                yield return new Mutant(of, new RawRecord { Payload = other, Signature = signature }.ToBytes());
            }
        }

        Random random = new(13);
        for (int i = 0; i < RandomCases; i++)
        {
            int of = i % Golden.Length;
            yield return new Mutant(of, RecordFuzzTests.Mutate(Golden[of].Bytes, random));
        }
    }

    /// <summary>What no encoder of ours writes, in the place of the member <c>x</c> of the body.</summary>
    private static IEnumerable<byte[]> WithForeignItems(Record record)
    {
        byte[] payload = record.Payload.ToArray();
        int at = payload.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x61, (byte)'x', 0xf6]) + 2;
        foreach (string item in ForeignItems)
        {
            yield return [.. payload[..at], .. Convert.FromHexString(item), .. payload[(at + 1)..]];
        }
    }

    private static string[] ForeignItems { get; } =
    [
        "1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3817", "5801aa", "780161", "980100", "b801616100",
        "1b0020000000000000", "1bffffffffffffffff", "3b001fffffffffffff", "3bfffffffffffffffe", "3bffffffffffffffff",
        "1b001fffffffffffff", "3b001ffffffffffffe", "f90000", "fa00000000", "fb0000000000000000", "f7", "e0", "f3", "f820",
        "f8f4", "c001", "d81801", "c249010000000000000000", "61ff", "62c080", "63eda080", "64f4908080", "a161ff00", "a1410100",
        "a1f600", "a10100", "a2616200616100", "a262616100616100", "a2616100616100", "818181818181", "81818181818180",
        "81818181818181", "8181818181a0", "8181818181a1616180", "5f41aaff", "7f6161ff", "9fff", "bfff", "ff", "1c", "5d", "fc",
        "9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7b7fffffffffffffff00", "a3616100", "820101", "f5",
        "63e282ac", "64f09f9880",
    ];

    /// <summary>All values that differ from this one in one of its items.</summary>
    private static IEnumerable<CborValue> Variants(CborValue value)
    {
        switch (value)
        {
            case CborMap map:
                for (int i = 0; i < map.Count; i++)
                {
                    string key = map[i].Key;
                    yield return CborMap.From(map.Where(member => member.Key != key));
                    yield return CborMap.From(map.Select(member =>
                        member.Key == key ? new CborMember(key + "x", member.Value) : member));
                    foreach (CborValue other in Replacements(map[i].Value).Concat(Variants(map[i].Value)))
                    {
                        yield return map.With(key, other);
                    }
                }

                yield return map.With("a", 1);
                yield return map.With("zzzzzzzzzzzz", 1);
                yield return CborMap.Empty;
                break;
            case CborArray array:
                yield return CborArray.Of();
                yield return CborArray.From([.. array, .. array]);
                for (int i = 0; i < array.Count; i++)
                {
                    int at = i;
                    foreach (CborValue other in Replacements(array[i]).Concat(Variants(array[i])))
                    {
                        yield return CborArray.From(array.Select((item, j) => j == at ? other : item));
                    }
                }

                break;
            case CborBytes bytes:
                yield return new CborBytes(bytes.Span[..^1]);
                yield return new CborBytes([.. bytes.Span, 0]);
                break;
            case CborText text:
                yield return new CborText(text.Value + "x");
                yield return new CborText("");
                break;
            case CborInteger integer:
                yield return CborInteger.Of(-1 - integer.Value);
                yield return CborInteger.Of((long)Limits.Integer);
                break;
        }
    }

    private static IEnumerable<CborValue> Replacements(CborValue value)
    {
        CborValue[] others =
            [CborNull.Value, CborBoolean.Of(true), 7, "text", new byte[32], CborArray.Of(1), CborMap.Of(("k", 1))];
        return others.Where(other => other.Type != value.Type);
    }

    private static byte[] Lay(RecordKind kind, CborMap body) =>
        new RawRecord { Payload = RawRecord.PayloadOf(RawRecord.Members(kind, body)) }.ToBytes();
}
