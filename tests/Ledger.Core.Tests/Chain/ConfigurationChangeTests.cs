using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Log;

namespace Ledger.Core.Tests.Chain;

/// <summary>What a consortium may change about itself, and what it may not: rules Q1 and Q2.</summary>
public sealed class ConfigurationChangeTests
{
    private static readonly Configuration Before = ChainVectors.Configuration(
        ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("value").GetProperty("configuration")) with
    {
        Validators = [Member("one", 1), Member("two", 2), Member("three", 3)],
        Admission = ChainVectors.Configuration(
            ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("value").GetProperty("configuration"))
            .Admission with { Members = [new AdmittedMember("one", [Key(7), Key(8)])] },
    };

    internal static ConfigurationChange Everything { get; } = new()
    {
        Set = [Member("two", 20) with { Power = 5 }, Member("four", 4)],
        Remove = ["three"],
        Invite = [new AdmittedMember("one", [Key(9)]), new AdmittedMember("four", [Key(10)])],
        Withdraw = [Key(7)],
        Admission = Before.Admission with { IsOpen = !Before.Admission.IsOpen, Members = [] },
        Observers = [new byte[] { 1, 2, 3 }],
        Parameters = Before.Parameters with { BlockRecords = 77 },
    };

    [Fact]
    public void A_change_of_everything_leaves_what_it_says()
    {
        Assert.True(Everything.TryApply(Before, out Configuration after, out string fault), fault);
        Assert.Equal(["one", "two", "four"], after.Validators.Select(member => member.Name));
        Assert.Equal([1UL, 5UL, 1UL], after.Validators.Select(member => member.Power));
        Assert.Equal(["one", "four"], after.Admission.Members.Select(member => member.Name));
        Assert.Equal([Key(8), Key(9)], after.Admission.Members[0].Keys.ToArray());
        Assert.NotEqual(Before.Admission.IsOpen, after.Admission.IsOpen);
        Assert.Equal(77UL, after.Parameters.BlockRecords);
        Assert.Single(after.Observers);
        Assert.Equal(Before.Change + 1, after.Change);
        Assert.True(Configuration.TryParse(after.Encode(), out _, out _));
    }

    [Fact]
    public void Each_part_alone_reads_back_as_it_was_written()
    {
        ConfigurationChange[] parts =
        [
            Everything, new() { Set = Everything.Set }, new() { Remove = Everything.Remove },
            new() { Invite = Everything.Invite }, new() { Withdraw = Everything.Withdraw },
            new() { Admission = Everything.Admission }, new() { Observers = [] }, new() { Parameters = Everything.Parameters },
        ];
        foreach (ConfigurationChange part in parts)
        {
            byte[] encoded = part.Encode();
            Assert.True(ConfigurationChange.TryParse(encoded, out ConfigurationChange read, out CborError error), error.ToString());
            Assert.Equal(encoded, read.Encode());
        }
    }

    public static TheoryData<string, string> Refused() => new()
    {
        { "a name twice", "twice" },
        { "set and removed", "twice" },
        { "removes nobody", "no seat" },
        { "withdraws nothing", "nobody answers for" },
        { "the last one leaves", "none may be" },
        { "a key that has a seat", "none may be" },
        { "a stream that has a seat", "none may be" },
        { "a key with two sponsors", "none may be" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_change_that_no_configuration_comes_of_is_not_applied(string what, string clause)
    {
        ConfigurationChange change = what switch
        {
            "a name twice" => new() { Set = [Member("four", 4), Member("four", 5)] },
            "set and removed" => new() { Set = [Member("two", 4)], Remove = ["two"] },
            "removes nobody" => new() { Remove = ["nobody"] },
            "withdraws nothing" => new() { Withdraw = [Key(99)] },
            "the last one leaves" => new() { Remove = ["one", "two", "three"] },
            "a key that has a seat" => new() { Set = [Member("four", 4) with { VoteKey = Before.Validators[0].GovernanceKey }] },
            "a stream that has a seat" => new() { Set = [Member("four", 4) with { Stream = Before.Validators[0].Stream }] },
            _ => new() { Invite = [new AdmittedMember("two", [Key(8)])] },
        };
        Assert.True(Everything.TryApply(Before, out _, out _));
        Assert.False(change.TryApply(Before, out Configuration after, out string fault));
        Assert.Contains(clause, fault, StringComparison.Ordinal);
        Assert.Same(Before, after);
    }

    [Fact]
    public void A_policy_that_brings_members_along_is_refused()
    {
        byte[] encoded = new ConfigurationChange { Admission = Before.Admission }.Encode();
        Assert.False(ConfigurationChange.TryParse(encoded, out _, out CborError error));
        Assert.Equal(CborFault.WrongCount, error.Fault);
    }

    [Fact]
    public void A_change_of_nothing_is_refused()
    {
        Assert.False(ConfigurationChange.TryParse(new ConfigurationChange().Encode(), out _, out CborError error));
        Assert.Equal(CborFault.WrongCount, error.Fault);
    }

    [Fact]
    public void What_an_approval_signs_names_its_purpose_the_chain_and_the_number()
    {
        byte[] change = new ConfigurationChange { Remove = ["two"] }.Encode();
        byte[] signed = SignBytes.Governance(new ChainId(Digest.Of("chain"u8)), 3, change);
        byte[] expected =
        [
            0x84, 0x6c, .. "ledger/gov/1"u8, 0x58, 0x20, .. Digest.Of("chain"u8).Span, 0x03,
            0xa1, 0x66, .. "remove"u8, 0x81, 0x63, .. "two"u8,
        ];
        Assert.Equal(expected, signed);
    }

    private static Validator Member(string name, byte number) => new()
    {
        Name = name,
        Peer = new byte[] { number },
        VoteKey = Filled(number, 1),
        Power = 1,
        Stream = new StreamId(Digest.Of([number])),
        GovernanceKey = Filled(number, 2),
    };

    private static byte[] Filled(byte number, byte use)
    {
        byte[] key = new byte[Limits.PublicKeyBytes];
        (key[0], key[1]) = (number, use);
        return key;
    }

    private static KeyId Key(byte number) => new(Digest.Of([number]));
}
