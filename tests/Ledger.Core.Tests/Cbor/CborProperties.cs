using FsCheck;
using FsCheck.Fluent;
using Ledger.Core.Cbor;
using Xunit.Abstractions;

namespace Ledger.Core.Tests.Cbor;

public sealed class CborProperties(ITestOutputHelper output)
{
    private static readonly Arbitrary<CborValue> Values = CborGenerators.Value(Limits.CborDepth).ToArbitrary();

    private static Config Thousand => Config.QuickThrowOnFailure.WithMaxTest(1_000).WithQuietOnSuccess(true);

    [Fact]
    public void Decoding_what_was_encoded_gives_the_value_back() => Prop.ForAll(Values, value =>
        CborValue.TryDecode(value.Encode(), out CborValue? read, out _)
        && read.Equals(value) && read.GetHashCode() == value.GetHashCode() && read.ToString() == value.ToString())
        .Check(Thousand);

    [Fact]
    public void The_oracle_accepts_whatever_is_written() =>
        Prop.ForAll(Values, value => CborOracle.Accepts(value.Encode())).Check(Thousand);

    [Fact]
    public void A_map_is_written_the_same_in_whatever_order_it_was_built() => Prop.ForAll(
        Gen.ListOf(CborGenerators.Text).ToArbitrary(),
        texts =>
        {
            CborMember[] members = [.. texts.Distinct().Select(text => new CborMember(text, text))];
            return CborMap.From(members).Equals(CborMap.From(members.Reverse()))
                && members.All(member => CborMap.From(members)[member.Key].Equals(member.Value));
        }).Check(Thousand);

    /// <summary>What is accepted is the only way to write its value: no two byte strings mean the same.</summary>
    [Fact]
    [Trait("Tier", "fuzz")]
    public void A_mutation_is_rejected_or_another_value_and_the_oracle_agrees()
    {
        int cases = FuzzCases.Count;
        Random random = new(20_260_301);
        byte[][] seeds = [.. Gen.Sample(CborGenerators.Value(6), 40, 200).Select(value => value.Encode())];
        int accepted = 0;
        long most = 0;
        for (int i = 0; i < cases; i++)
        {
            byte[] original = seeds[i % seeds.Length];
            byte[] mutated = Mutation.Of(original, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool read = CborValue.TryDecode(mutated, out CborValue? value, out CborError error);
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(most < 1 << 20, Convert.ToHexString(mutated));
            Assert.True(read == CborOracle.Accepts(mutated), $"{Convert.ToHexString(mutated)}: {error}");
            Assert.True(read || error.Offset <= mutated.Length);
            if (read)
            {
                accepted++;
                Assert.Equal(mutated, value!.Encode());
            }
        }

        // Both sides of the line were visited.
        Assert.InRange(accepted, cases / 100, cases - (cases / 100));
        output.WriteLine(
            $"{cases:N0} mutated CBOR items: {cases - accepted:N0} refused, {accepted:N0} other values, as the oracle "
            + $"says; at most {most:N0} bytes allocated for one");
    }
}
