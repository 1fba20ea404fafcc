using FsCheck;
using FsCheck.Fluent;
using Ledger.Core.Cbor;

namespace Ledger.Core.Tests.Cbor;

/// <summary>Values of every type, with a taste for the edges of each.</summary>
internal static class CborGenerators
{
    public static Gen<CborValue> Value(int depth) => depth <= 1 ? Scalar : Gen.Frequency(
        (4, Scalar), (1, Gen.Select(Items(depth), CborValue (items) => CborArray.From(items))), (1, Map(depth)));

    public static Gen<string> Text { get; } = Gen.Select(
        Gen.ListOf(Gen.Elements("a", "b", "zz", "ü", "\u20ac", "\U00010151", "\u0000", "\"", "\\", "\n", "\u202e",
            "\ufffd")),
        string.Concat);

    private static Gen<CborValue> Scalar { get; } = Gen.OneOf(
        Gen.Select(
            Gen.OneOf(
                Gen.Choose(-70_000, 70_000).Select(small => (long)small),
                Gen.Elements(
                    0, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, (long)Limits.Integer,
                    -1, -24, -25, -256, -257, -65_536, -65_537, -4_294_967_297, -(long)Limits.Integer)),
            CborValue (number) => number),
        Gen.Select(ArbMap.Default.GeneratorFor<byte[]>(), CborValue (bytes) => new CborBytes(bytes ?? [])),
        Gen.Select(Text, CborValue (text) => text),
        Gen.Elements<CborValue>(CborBoolean.Of(true), CborBoolean.Of(false), CborNull.Value));

    private static Gen<List<CborValue>> Items(int depth) =>
        Gen.Select(Gen.Resize(Gen.ListOf(Value(depth - 1)), 5), items => items.ToList());

    private static Gen<CborValue> Map(int depth) => Gen.Select(
        Gen.Resize(Gen.ListOf(Gen.Zip(Text, Value(depth - 1))), 5),
        CborValue (pairs) => CborMap.From(pairs.DistinctBy(pair => pair.Item1)
            .Select(pair => new CborMember(pair.Item1, pair.Item2))));
}
