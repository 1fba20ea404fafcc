using Ledger.Records.Chains;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

/// <summary>The broken chains against the rules: none is missed, and each rule is needed.</summary>
public sealed class RuleSwitchTests
{
    private static readonly Lazy<(Case Case, byte[] File)[]> Chains =
        new(() => [.. BrokenChainTests.All.Select(broken => (broken, broken.File()))]);

    public static TheoryData<string> Rules => [.. ChainOracle.Rules];

    [Fact]
    public void The_oracle_gives_every_chain_the_verdict_that_was_expected()
    {
        foreach ((Case expected, byte[] file) in Chains.Value)
        {
            (Verdict, Layer?, long?) found = new ChainOracle().Of(file);
            Assert.True(found == (expected.Verdict, expected.Layer, expected.Index), $"{expected.Name}: {found}");
        }
    }

    /// <summary>
    /// With one rule off, some chain gets another verdict: the chains would notice if the rule went missing.
    /// </summary>
    [Theory]
    [MemberData(nameof(Rules))]
    public void Without_one_rule_some_chain_gets_another_verdict(string rule) => Assert.Contains(
        Chains.Value,
        chain => new ChainOracle(rule).Of(chain.File) != (chain.Case.Verdict, chain.Case.Layer, chain.Case.Index));
}
