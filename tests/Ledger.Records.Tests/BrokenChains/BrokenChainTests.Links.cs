using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Bodies;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

public sealed partial class BrokenChainTests
{
    private static IEnumerable<Case> LinkCases() =>
    [
        .. GapCases(),
        .. RepeatCases(),
        .. HeadCases(),
        .. GenesisCases(),
    ];

    private static IEnumerable<Case> GapCases() =>
    [
        Bad("the second record is missing", Layer.Gap, 1, () => Pick(Three(), 0, 2)),
        Bad("two records in the middle are missing", Layer.Gap, 1, () => Pick(Three().Intent(), 0, 3)),
        Bad("the first record is missing", Layer.Gap, 0, () => Pick(Three(), 1, 2)),
        Bad("only the last record is there", Layer.Gap, 0, () => Pick(Three(), 2)),
        Bad("two records changed places", Layer.Gap, 1, () => Pick(Three(), 0, 2, 1)),
        Bad("the order is reversed", Layer.Gap, 0, () => Pick(Three(), 2, 1, 0)),
        Bad("the key record is missing", Layer.Gap, 2,
            () => Pick(new ChainBuilder().Genesis().Intent().Rotate("bob").Intent(), 0, 1, 3)),
        Bad("the signer skipped a number", Layer.Gap, 1,
            () => Signed(chain => chain.Add(RecordKind.Intent, Sample, change: content =>
                content with { Seq = new(2) }))),
        Bad("the largest number of all", Layer.Gap, 1, () => Signed(chain => chain.Add(
            RecordKind.Intent, Sample, change: content => content with { Seq = new(Limits.Integer) }))),
        Bad("a genesis with number 1", Layer.Gap, 0, () => new ChainBuilder().Add(
            RecordKind.Genesis, Body.Genesis(Key("alice").PublicKey.Span, "s"), change: content =>
                content with { Seq = new(1) })),
    ];

    private static IEnumerable<Case> RepeatCases() =>
    [
        Bad("the last record twice", Layer.Link, 3, () => Pick(Three(), 0, 1, 2, 2)),
        Bad("genesis twice", Layer.Link, 1, () => Pick(Three(), 0, 0)),
        Bad("an earlier record again at the end", Layer.Link, 3, () => Pick(Three(), 0, 1, 2, 1)),
        Bad("the whole chain twice", Layer.Link, 3, () => Pick(Three(), 0, 1, 2, 0, 1, 2)),
        Bad("a record of a retired key again", Layer.Link, 4,
            () => Pick(new ChainBuilder().Genesis().Intent().Rotate("bob").Intent(), 0, 1, 2, 3, 1)),
        Bad("another stream's genesis behind", Layer.Link, 3,
            () => [.. Three().ToFile(), .. new ChainBuilder("bob").Genesis().ToFile()]),
        Bad("another stream's chain in between", Layer.Link, 1, () =>
            [.. Pick(Three(), 0), .. new ChainBuilder("bob").Genesis().Intent().ToFile(), .. Pick(Three(), 1, 2)]),
        Bad("another stream's record that would fit by its number", Layer.Link, 1, () =>
            [.. Pick(Three(), 0), .. Pick(new ChainBuilder("bob").Genesis().Intent(), 1)]),
        Bad("another stream's record with a number too large", Layer.Link, 1, () =>
            [.. Pick(Three(), 0), .. Pick(new ChainBuilder("bob").Genesis().Intent().Outcome(), 2)]),
        Bad("another stream named by the key in force", Layer.Link, 1, () => Signed(chain => chain.Add(
            RecordKind.Intent, Sample, change: content => content with { Stream = new(Key("bob").Id.Value) }))),
        Bad("a fork at the head", Layer.Link, 3, () =>
            [.. Three().ToFile(), .. Pick(Other(2), 2)]),
        Bad("a fork behind the head", Layer.Link, 3, () =>
            [.. Three().ToFile(), .. Pick(Other(1), 1)]),
        Bad("a second history from the fork on", Layer.Link, 3, () =>
            [.. Three().ToFile(), .. Pick(Other(1).Intent(), 1, 2)]),
        Bad("a number that is taken, behind the head by its prev", Layer.Link, 2, () => Signed(chain => chain.Intent()
            .Add(RecordKind.Intent, Sample, change: content => content with { Seq = new(1) }))),
        Bad("the same record sealed twice", Layer.Link, 3, () => [.. Three().ToFile(), .. Resealed()]),
    ];

    private static IEnumerable<Case> HeadCases() =>
    [
        Bad("prev is zero", Layer.Link, 1, () => Signed(chain => chain.Add(
            RecordKind.Intent, Sample, change: content => content with { Prev = RecordId.Zero }))),
        Bad("prev is a stranger", Layer.Link, 1, () => Signed(chain => chain.Add(
            RecordKind.Intent, Sample, change: content => content with { Prev = SampleBodies.SomeId }))),
        Bad("prev is the record before the last", Layer.Link, 2, () => Signed(chain => chain.Intent().Add(
            RecordKind.Intent, Sample, change: content => content with { Prev = chain.Records[0].Id }))),
        Bad("time runs backwards", Layer.Link, 2, () => Signed(chain => chain.Intent().At(1_999).Intent())),
        Bad("time runs backwards in an outcome", Layer.Link, 2, () => Signed(chain => chain.Intent().At(0).Outcome())),
        Bad("time runs backwards in a key record", Layer.Link, 2, () =>
            Signed(chain => chain.Intent().At(1_999).Rotate("bob"))),
        Sound("time stands still", () => new ChainBuilder().Genesis().At(1_000).Intent().At(1_000).Intent().ToFile()),
        Sound("a gap record sets time back", () => new ChainBuilder().Genesis().Intent().At(5)
            .Add(RecordKind.Gap, Body.Gap(GapType.Clock, "the clock was a year ahead")).At(6).Intent().ToFile()),
        Bad("time runs backwards again behind a gap record", Layer.Link, 3, () => new ChainBuilder().Genesis().At(900)
            .Add(RecordKind.Gap, Body.Gap(GapType.Clock, "r")).At(900).Intent().At(899).Intent()),
        Sound("an outcome without intent", () => new ChainBuilder().Genesis().Outcome().ToFile()),
        Sound("times at the end of the range", () => new ChainBuilder(time: Limits.Integer).Genesis().At(Limits.Integer)
            .Intent().ToFile()),
    ];

    private static IEnumerable<Case> GenesisCases() =>
    [
        Bad("the first record is an intent", Layer.Link, 0, () => new ChainBuilder().Intent()),
        Bad("the first record is a key record", Layer.Link, 0, () => new ChainBuilder().Rotate("bob")),
        Bad("genesis names a record before it", Layer.Link, 0, () => new ChainBuilder().Add(
            RecordKind.Genesis, GenesisBody(), change: content => content with { Prev = SampleBodies.SomeId })),
        Bad("genesis signed by another key than it names", Layer.Link, 0,
            () => new ChainBuilder().Add(RecordKind.Genesis, GenesisBody(), Key("mallory"))),
        Bad("a stream and a genesis signed by one key that name another", Layer.Link, 0,
            () => new ChainBuilder { Stream = new(Key("mallory").Id.Value) }
                .Add(RecordKind.Genesis, GenesisBody(), Key("mallory"))),
        Bad("a stream called by another key", Layer.Link, 0,
            () => new ChainBuilder { Stream = new(Key("bob").Id.Value) }.Genesis()),
        Bad("a recovery key that is the first key", Layer.Link, 0, () => new ChainBuilder(recovery: "alice").Genesis()),
        Bad("a second genesis by the key in force", Layer.Link, 1,
            () => Signed(chain => chain.Add(RecordKind.Genesis, GenesisBody()))),
        Bad("a second genesis with number 0", Layer.Link, 1, () => Signed(chain => chain.Add(
            RecordKind.Genesis, GenesisBody(), change: content => content with { Seq = default, Prev = default }))),
        Sound("a genesis that names its home", () => new ChainBuilder().Genesis(new ChainId(SampleBodies.SomeDigest))
            .Intent().ToFile()),
    ];

    private static CborMap Sample => ChainBuilder.SampleIntent();

    private static CborMap GenesisBody() => Body.Genesis(Key("alice").PublicKey.Span, "again");

    private static ChainBuilder Signed(Func<ChainBuilder, ChainBuilder> more) => more(new ChainBuilder().Genesis());

    private static byte[] Pick(ChainBuilder chain, params int[] indices) =>
        ChainBuilder.Join(indices.Select(index => chain.Records[index]));

    /// <summary>The three with another record at this position, and what follows.</summary>
    private static ChainBuilder Other(int position)
    {
        ChainBuilder chain = new ChainBuilder().Genesis();
        return position == 1
            ? chain.Add(RecordKind.Intent, ChainBuilder.SampleIntent("deny"))
            : chain.Intent().Add(RecordKind.Intent, ChainBuilder.SampleIntent("deny"));
    }

    /// <summary>The third record of the three under a second signature.</summary>
    private static byte[] Resealed()
    {
        Record third = Three().Records[2];
        byte[] bytes = third.Bytes.ToArray();
        byte[] signature = Key("alice").Sign(third.SignedBytes(), SHA256.HashData("other"u8));
        signature.CopyTo(bytes.AsSpan(bytes.Length - signature.Length));
        return bytes;
    }
}
