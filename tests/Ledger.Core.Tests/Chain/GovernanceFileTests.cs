using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Core.Tests.Chain;

/// <summary>Proposals, seats and invitations: rules Q9, Q11, Q12.</summary>
public sealed class GovernanceFileTests
{
    private static readonly GenesisDocument Genesis = ParseGenesis();

    private static readonly ProposalFile Proposal = ProposalFile
        .Of(Genesis.Chain, 8, ConfigurationChangeTests.Everything).With(Approval(2)).With(Approval(1));

    private static readonly SeatFile Seat = new(Genesis.Chain, Genesis.Configuration.Validators[0]);

    private static readonly InvitationFile Invitation =
        new(Genesis.Encode(), ["/ip4/192.0.2.1/tcp/4001/p2p/16Uiu2", "/dns4/beta.example/tcp/4001/p2p/16Uiu3"]);

    [Fact]
    public void Each_is_read_as_it_was_written_and_written_as_it_was_read()
    {
        Assert.True(ProposalFile.TryParse(Proposal.Encode(), out ProposalFile proposal, out _));
        Assert.Equal((Proposal.Chain, 8UL), (proposal.Chain, proposal.At));
        Assert.Equal(Proposal.SignedBytes, proposal.SignedBytes);
        Assert.Equal(2, proposal.Approvals.Length);
        Assert.Equal(Proposal.Encode(), proposal.Encode());
        Assert.True(SeatFile.TryParse(Seat.Encode(), out SeatFile seat, out _));
        Assert.Equal((Seat.Digest, Seat.Validator.Name), (seat.Digest, seat.Validator.Name));
        Assert.True(InvitationFile.TryParse(Invitation.Encode(), out InvitationFile invitation, out _));
        Assert.Equal(Genesis.Chain, invitation.Chain);
        Assert.Equal(Invitation.Addresses.ToArray(), invitation.Addresses.ToArray());
        Assert.Equal(Genesis.Encode(), invitation.ReadGenesis().Encode());
    }

    [Fact]
    public void A_second_approval_by_one_key_replaces_the_first_and_they_stand_in_order()
    {
        ProposalFile again = Proposal.With(Approval(2));
        Assert.Equal(2, again.Approvals.Length);
        Assert.True(again.Approvals[0].Key.Value < again.Approvals[1].Key.Value);
        ProposalFile swapped = Proposal with { Approvals = [Proposal.Approvals[1], Proposal.Approvals[0]] };
        ProposalFile twice = Proposal with { Approvals = [Proposal.Approvals[0], Proposal.Approvals[0]] };
        Assert.All([swapped, twice], wrong =>
        {
            Assert.False(ProposalFile.TryParse(wrong.Encode(), out _, out CborError error));
            Assert.Equal(CborFault.WrongValue, error.Fault);
        });
    }

    [Fact]
    public void Every_cut_and_every_trailing_byte_is_refused()
    {
        foreach (byte[] sound in new[] { Proposal.Encode(), Seat.Encode(), Invitation.Encode() })
        {
            Assert.True(Reads(sound));
            Assert.False(Reads([.. sound, 0]));
            for (int cut = 0; cut < sound.Length; cut += 1 + (sound.Length / 500))
            {
                Assert.False(Reads(sound[..cut]));
            }
        }
    }

    [Fact]
    public void An_invitation_names_somebody_and_an_address_has_a_limit()
    {
        Assert.False(InvitationFile.TryParse((Invitation with { Addresses = [] }).Encode(), out _, out CborError none));
        Assert.Equal(CborFault.WrongCount, none.Fault);
        string longest = new('a', InvitationFile.AddressBytesMax);
        Assert.True(Reads((Invitation with { Addresses = [longest] }).Encode()));
        Assert.False(Reads((Invitation with { Addresses = [longest + "a"] }).Encode()));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(31, 21)]
    public void The_power_needed_is_the_least_that_is_a_quorum(ulong total, ulong needed)
    {
        Configuration configuration = Genesis.Configuration with
        {
            Validators = [Genesis.Configuration.Validators[0] with { Power = total }],
        };
        Assert.Equal(needed, configuration.QuorumPower);
        Assert.True(configuration.IsQuorum(needed));
        Assert.False(configuration.IsQuorum(needed - 1));
    }

    private static bool Reads(byte[] bytes) =>
        ProposalFile.TryParse(bytes, out _, out _) || SeatFile.TryParse(bytes, out _, out _)
        || InvitationFile.TryParse(bytes, out _, out _);

    private static ChangeApproval Approval(byte seed) => new(
        new KeyId(Digest.Of([seed])), Enumerable.Repeat(seed, Limits.SignatureBytes).ToArray());

    private static GenesisDocument ParseGenesis()
    {
        string hex = ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("bytes").GetString()!;
        Assert.True(GenesisDocument.TryParse(Convert.FromHexString(hex), out GenesisDocument genesis, out _));
        return genesis;
    }
}
