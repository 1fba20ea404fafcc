using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records.Chains;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

/// <summary>A file, and what every verifier must say of it: written down before it was asked.</summary>
internal sealed record Case(string Name, Func<byte[]> File, Verdict Verdict, Layer? Layer, long? Index);

/// <summary>
/// Hand-broken chains. Each file's tables name a sound chain first, from which the broken ones are made.
/// </summary>
public sealed partial class BrokenChainTests
{
    public static TheoryData<string> Names => [.. Cases.Select(broken => broken.Name)];

    internal static IReadOnlyList<Case> All => Cases;

    private static IReadOnlyList<Case> Cases { get; } =
        [.. EncodingCases(), .. SignatureCases(), .. LinkCases(), .. KeyCases(), .. RevocationCases()];

    /// <summary>Those that go into the shared vectors: all but a few that are large.</summary>
    internal static IEnumerable<Case> Shared { get; } =
        Cases.Where(broken => !Large.Contains(broken.Name, StringComparer.Ordinal));

    private static string[] Large { get; } =
    [
        "240 keys",
        "the 241st key by the key in force",
        "the 241st to 256th key by the recovery key",
        "the 257th key",
        "the 242nd key by the key in force",
        "a long text",
        "a record of 60,001 bytes",
        "a record of 60,000 bytes",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_chain_gets_the_verdict_layer_and_index_that_were_expected(string name)
    {
        Case expected = Cases.Single(broken => broken.Name == name);
        byte[] file = expected.File();
        ChainVerdict verdict = ChainVerifier.Verify(file);
        Assert.True(
            (verdict.Verdict, verdict.Layer, verdict.Index) == (expected.Verdict, expected.Layer, expected.Index),
            $"{name}: {verdict}");
        Assert.Equal(verdict.Verdict == Verdict.Verified, verdict.Reason.Length == 0);
        Assert.Equal(verdict.Verdict == Verdict.Invalid, verdict.Offset is not null);
        Assert.True(verdict.Offset is not { } offset || (offset >= 0 && offset <= file.Length));
    }

    [Fact]
    public void There_are_at_least_a_hundred_and_every_layer_of_a_chain_is_met()
    {
        Assert.InRange(Cases.Count, 100, 1_000);
        Assert.Equal(
            [Layer.Encoding, Layer.Signature, Layer.Gap, Layer.Link, Layer.Proof, Layer.Revocation],
            Cases.Where(broken => broken.Layer is not null).Select(broken => broken.Layer!.Value).Distinct().Order());
    }

    /// <summary>The pieces in which a file arrives change nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(977)]
    [InlineData(100_000)]
    public void The_pieces_in_which_a_file_arrives_do_not_matter(int piece)
    {
        foreach (Case broken in Cases.Where((_, i) => i % (piece == 1 ? 9 : 3) == 0))
        {
            byte[] file = broken.File();
            ChainVerifier verifier = new();
            for (int i = 0; i < file.Length; i += piece)
            {
                verifier.Append(file.AsSpan(i, Math.Min(piece, file.Length - i)));
            }

            Assert.Equal(ChainVerifier.Verify(file), verifier.Complete());
        }
    }

    private static Case Sound(string name, Func<byte[]> file) => new(name, file, Verdict.Verified, null, null);

    private static Case Bad(string name, Layer layer, long index, Func<byte[]> file) =>
        new(name, file, Verdict.Invalid, layer, index);

    private static Case Bad(string name, Layer layer, long index, Func<ChainBuilder> chain) =>
        new(name, () => chain().ToFile(), Verdict.Invalid, layer, index);

    private static Case Revoked(string name, long index, Func<ChainBuilder> chain) =>
        new(name, () => chain().ToFile(), Verdict.Revoked, Records.Layer.Revocation, index);

    /// <summary>genesis, intent, outcome.</summary>
    private static ChainBuilder Three() => new ChainBuilder().Genesis().Intent().Outcome();

    /// <summary>The sound three with one of them replaced by other bytes.</summary>
    private static byte[] Replace(int index, byte[] bytes) =>
        [.. Three().Records.SelectMany((record, i) => i == index ? bytes : record.Bytes.ToArray())];

    /// <summary>
    /// genesis, and then a record laid out by hand that continues it, well signed unless it says otherwise.
    /// </summary>
    private static byte[] AfterGenesis(Func<CborMap, byte[]> payload, Action<RawRecord>? change = null)
    {
        ChainBuilder chain = new ChainBuilder().Genesis();
        CborMap members = RawRecord.Members().With("prev", chain.Head).With("time", 2_000);
        RawRecord raw = new() { Payload = payload(members) };
        change?.Invoke(raw);
        return [.. chain.ToFile(), .. raw.ToBytes()];
    }

    /// <summary>A byte string that stands once in some bytes, replaced by another.</summary>
    private static byte[] Swap(byte[] bytes, ReadOnlySpan<byte> old, ReadOnlySpan<byte> by)
    {
        int at = bytes.AsSpan().IndexOf(old);
        Assert.True(at >= 0 && bytes.AsSpan(at + 1).IndexOf(old) < 0, "The bytes must stand there once.");
        return [.. bytes[..at], .. by, .. bytes[(at + old.Length)..]];
    }

    private static byte[] Flip(byte[] bytes, Index at)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= 0x01;
        return flipped;
    }

    private static SigningKey Key(string name) => Keys.Of(name);
}
