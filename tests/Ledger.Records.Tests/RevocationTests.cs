using Ledger.Core;
using Ledger.Records.Chains;
using Ledger.Records.Streams;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

/// <summary>The one-pass verifier against the definition, over random chains.</summary>
public sealed class RevocationTests
{
    private static readonly Lazy<RandomChain[]> Chains = new(
        () => [.. Enumerable.Range(0, 120).AsParallel().AsOrdered().Select(seed => new RandomChain(seed, length: 12))]);

    [Fact]
    public void The_first_revoked_record_and_the_marks_of_the_keys_are_those_of_the_definition()
    {
        int revoked = 0;
        for (int i = 0; i < Chains.Value.Length; i++)
        {
            ChainVerifier verifier = new();
            verifier.Append(Chains.Value[i].Chain.ToFile());
            ChainVerdict verdict = verifier.Complete();
            RevokedSet expected = new RevocationOracle().Of(Chains.Value[i]);
            Assert.True(verdict.Verdict != Verdict.Invalid, $"seed {i}: {verdict}");
            Assert.True(verdict.Index == expected.First, $"seed {i}: {verdict}, not {expected.First}");
            Assert.Equal(
                expected.Keys.Select(key => (key.Key, key.Value)),
                verifier.State!.Keys.Where(key => key.Revoked is not null)
                    .Select(key => (key.Kid, key.Revoked!.Value.Value)).Order());
            revoked += expected.First is null ? 0 : 1;
        }

        Assert.InRange(revoked, Chains.Value.Length / 4, Chains.Value.Length - 5);
    }

    /// <summary>Every clause of the definition is needed: without it some of these chains get another answer.</summary>
    [Theory]
    [InlineData("heirs")]
    [InlineData("own record")]
    [InlineData("heirs of the recovery key")]
    [InlineData("smallest since")]
    public void A_definition_without_one_of_its_clauses_is_found_out(string clause)
    {
        RevocationOracle broken = clause switch
        {
            "heirs" => new RevocationOracle(WithoutHeirs: true),
            "own record" => new RevocationOracle(WithoutOwnRecord: true),
            "heirs of the recovery key" => new RevocationOracle(HeirsOfRecovery: true),
            _ => new RevocationOracle(LargestSince: true),
        };
        Assert.Contains(Chains.Value, chain => !broken.Of(chain).SameAs(new RevocationOracle().Of(chain)));
    }

    /// <summary>What a node keeps of a stream says everything: written out and read back, it judges the same.</summary>
    [Fact]
    public void A_state_that_was_written_and_read_back_goes_on_in_the_same_way()
    {
        foreach (RandomChain chain in Chains.Value.Take(40))
        {
            StreamState? state = null;
            StreamState? carried = null;
            foreach (Record record in chain.Chain.Records)
            {
                Fault? fault = StreamRules.Judge(carried, record, proofHolds: true, GenesisTerms.None);
                Assert.Null(fault);
                state = StreamRules.Advance(state, record, GenesisTerms.None);
                carried = StreamRules.Advance(carried, record, GenesisTerms.None);
                Assert.True(StreamState.TryDecode(carried.Encode(), out carried, out _));
                Assert.Equal(state, carried);
            }
        }
    }
}
