using System.Text.Json;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Log;
using Ledger.Crypto;

namespace Ledger.Core.Tests.Chain;

/// <summary>Changes, approvals and the files around them, against those that another language derived.</summary>
public sealed class GovernanceVectorTests
{
    private static readonly JsonElement File = ChainVectors.Load("governance.json");
    private static readonly ChainId Chain = new(File.Hash("chain"));

    [Fact]
    public void Changes_have_the_bytes_of_the_vectors_and_approvals_sign_them()
    {
        foreach (JsonElement item in File.Items("proposals"))
        {
            Assert.True(ConfigurationChange.TryParse(item.Bytes("change"), out ConfigurationChange change, out CborError error),
                error.ToString());
            Assert.Equal(item.Text("change"), Convert.ToHexStringLower(change.Encode()));
            byte[] signed = SignBytes.Governance(Chain, item.Number("at"), item.Bytes("change"));
            Assert.Equal(item.Text("signed"), Convert.ToHexStringLower(signed));
            foreach ((string name, string signature) in Texts(item, "approvers").Zip(Texts(item, "signatures")))
            {
                using SigningKey key = SigningKey.FromSeed(ChainVectors.Seed(name));
                Assert.Equal(
                    signature, Convert.ToHexStringLower(key.Sign(signed, new byte[MlDsa65.RandomizerBytes])));
                Assert.True(MlDsa65.Verify(key.PublicKey.Span, signed, default, Convert.FromHexString(signature)));
                signed[^1] ^= 1;
                Assert.False(MlDsa65.Verify(key.PublicKey.Span, signed, default, Convert.FromHexString(signature)));
                signed[^1] ^= 1;
            }
        }
    }

    [Fact]
    public void Proposals_are_read_and_made_with_the_bytes_of_the_vectors()
    {
        foreach (JsonElement item in File.Items("proposals"))
        {
            Assert.True(ProposalFile.TryParse(item.Bytes("bytes"), out ProposalFile read, out CborError error), error.ToString());
            Assert.Equal(item.Text("bytes"), Convert.ToHexStringLower(read.Encode()));
            ProposalFile made = ProposalFile.Of(Chain, item.Number("at"), read.Change);
            foreach ((string name, string signature) in Texts(item, "approvers").Zip(Texts(item, "signatures")))
            {
                made = made.With(new ChangeApproval(ChainVectors.Kid(name), Convert.FromHexString(signature)));
            }

            Assert.Equal(item.Text("bytes"), Convert.ToHexStringLower(made.Encode()));
        }
    }

    [Fact]
    public void The_first_change_makes_of_the_four_who_it_says()
    {
        GenesisDocument four = ChainVectors.Genesis(
            ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("value"));
        Assert.True(ConfigurationChange.TryParse(File.Items("proposals").First().Bytes("change"), out ConfigurationChange change, out _));
        Assert.True(change.TryApply(four.Configuration, out Configuration after, out string fault), fault);
        Assert.Equal(["alpha", "beta", "gamma", "epsilon"], after.Validators.Select(member => member.Name));
        Assert.Equal([4UL, 5UL, 2UL, 1UL], after.Validators.Select(member => member.Power));
    }

    [Fact]
    public void A_seat_and_an_invitation_have_the_bytes_and_the_words_of_the_vectors()
    {
        JsonElement seat = File.GetProperty("seat");
        Assert.True(SeatFile.TryParse(seat.Bytes("bytes"), out SeatFile taken, out CborError error), error.ToString());
        Assert.Equal(seat.Text("bytes"), Convert.ToHexStringLower(taken.Encode()));
        Assert.Equal((seat.Text("name"), seat.Text("words")), (taken.Validator.Name, FingerprintWords.Of(taken.Digest)));

        JsonElement invitation = File.GetProperty("invitation");
        Assert.True(InvitationFile.TryParse(invitation.Bytes("bytes"), out InvitationFile sent, out error), error.ToString());
        Assert.Equal(invitation.Text("bytes"), Convert.ToHexStringLower(sent.Encode()));
        Assert.Equal(Texts(invitation, "addresses"), sent.Addresses.AsEnumerable());
        Assert.Equal((Chain, invitation.Text("words")), (sent.Chain, FingerprintWords.Of(sent.Chain.Value)));
    }

    private static IEnumerable<string> Texts(JsonElement element, string name) =>
        [.. element.Items(name).Select(item => item.GetString()!)];
}
