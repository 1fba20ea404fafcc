using System.Text.RegularExpressions;
using Ledger.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

/// <summary>Each rule of the chapter on records, and a chain that breaks it or turns on it.</summary>
public sealed partial class RuleTableTests
{
    /// <summary>Rules that no bare file can break, and the tests that hold them.</summary>
    private static readonly (string Rule, Type Tests, string Test)[] Elsewhere =
    [
        ("S5", typeof(StreamRulesTests),
            nameof(StreamRulesTests.A_stream_settles_only_at_home_or_on_a_successor_that_names_its_home)),
        ("S13", typeof(StreamRulesTests),
            nameof(StreamRulesTests.A_revoked_key_signs_nothing_more_but_the_recovery_key_goes_on)),
        ("S14", typeof(RevocationTests),
            nameof(RevocationTests.A_state_that_was_written_and_read_back_goes_on_in_the_same_way)),
        ("S15", typeof(StatementTests), nameof(StatementTests.What_is_no_fork_is_not_proven_to_be_one)),
        ("S16", typeof(StatementTests),
            nameof(StatementTests.A_freeze_is_heeded_by_the_chain_and_for_the_stream_that_it_names)),
        ("S17", typeof(StreamRulesTests),
            nameof(StreamRulesTests.A_record_waits_for_a_block_that_is_at_most_ten_minutes_behind_it)),
    ];

    public static TheoryData<string, string> Table => new()
    {
        { "C1", "an integer in more bytes than it needs" },
        { "C2", "an indefinite text in the body" },
        { "C3", "keys out of order" },
        { "C3", "a key twice" },
        { "C3", "an integer key in the body" },
        { "C4", "2^53 in the body" },
        { "C5", "a float in the body" },
        { "C5", "an undefined in the body" },
        { "C6", "a tag in the body" },
        { "C7", "no UTF-8 in the body" },
        { "C8", "depth nine" },
        { "C9", "a byte behind the payload map" },
        { "R1", "a record of 60,001 bytes" },
        { "R2", "a record without its tag" },
        { "R2", "a record with five items" },
        { "R3", "an entry in the unprotected header" },
        { "R4", "a signature of 3,308 bytes" },
        { "R5", "a header of another algorithm" },
        { "R6", "a member that the payload does not know" },
        { "R6", "a null for an absent member" },
        { "R7", "version 2" },
        { "R8", "a crit" },
        { "R9", "an unknown kind" },
        { "R10", "65 causes" },
        { "R11", "an intent without model" },
        { "R12", "a root record of 4,096 bytes" },
        { "B1", "a genesis without a name" },
        { "B2", "intent: an actor of a fourth type" },
        { "B3", "outcome: an oversight without its person" },
        { "B4", "model: a part that nobody knows" },
        { "B5", "document soc2: an issue date in words" },
        { "B6", "measure: a value that is a number" },
        { "B7", "incident: a notification to nobody" },
        { "B8", "oversight: about nothing" },
        { "B9", "correction: members that correct nothing" },
        { "B10", "gap: a negative count of acts" },
        { "B11", "erasure: members of no record" },
        { "B12", "hold: neither placed nor released" },
        { "B13", "key: a proof of 3,308 bytes" },
        { "B14", "revoke: heirs that are null" },
        { "B15", "root: a root of another hash" },
        { "B16", "anchor: a proof without its index" },
        { "B17", "governance: an approval without its signature" },
        { "D1", "document model-card: a hallucination without its rate" },
        { "D2", "document red-team: cases run and none said to fail" },
        { "D3", "document zero-training: a scope that is a number" },
        { "D4", "document residency: a processor without its role" },
        { "S1", "another stream named by the key in force" },
        { "S2", "the signer skipped a number" },
        { "S3", "prev is a stranger" },
        { "S4", "a second genesis by the key in force" },
        { "S6", "time runs backwards" },
        { "S7", "the retired key signs on" },
        { "S8", "a rotation back to an earlier key" },
        { "S9", "the 257th key" },
        { "S10", "a proof by a stranger" },
        { "S11", "a revocation that begins in the future" },
        { "S12", "the key in force condemns its own past beside a recovery key" },
        { "V1", "a record that claims 2^64 - 1 bytes" },
        { "V2", "a signature is asked for before a gap is seen" },
        { "V3", "an empty file" },
        { "V4", "a key revokes itself and signs on" },
        { "V5", "a later revocation reaches further back" },
        { "V6", "64 causes that are shown nowhere" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_rule_has_a_chain_that_turns_on_it(string rule, string name)
    {
        Case found = Assert.Single(BrokenChainTests.All, broken => broken.Name == name);
        Assert.True(found.Layer is not null || rule is "V6", $"{rule}: '{name}' is sound.");
    }

    [Fact]
    public void The_table_holds_every_rule_of_the_chapter_and_no_other()
    {
        string chapter = File.ReadAllText(Checkout.PathOf("consensus", "README.md"));
        SortedSet<string> named = new(StringComparer.Ordinal);
        named.UnionWith(NumberedRule().Matches(chapter).Select(match => match.Groups[1].Value));
        named.UnionWith(BodyRule().Matches(chapter).Select(match => match.Groups[1].Value));
        SortedSet<string> tested = new(StringComparer.Ordinal);
        tested.UnionWith(Table.Select(row => (string)row[0]));
        tested.UnionWith(Elsewhere.Select(row => row.Rule));
        Assert.Equal(named, tested);
        Assert.All(Elsewhere, row => Assert.NotNull(row.Tests.GetMethod(row.Test)));
    }

    [GeneratedRegex(@"^- \*\*([CRSV]\d+)\*\*", RegexOptions.Multiline)]
    private static partial Regex NumberedRule();

    [GeneratedRegex(@"^; ([BD]\d+)\b", RegexOptions.Multiline)]
    private static partial Regex BodyRule();
}
