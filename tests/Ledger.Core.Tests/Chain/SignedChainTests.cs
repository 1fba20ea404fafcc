using System.Text.Json;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Log;
using Ledger.Crypto;

namespace Ledger.Core.Tests.Chain;

/// <summary>What consensus signatures cover, laid out byte by byte, and the signatures over it.</summary>
public sealed class SignedChainTests
{
    private static readonly JsonElement File = ChainVectors.Load("sign-bytes.json");
    private static readonly ChainId Chain = new(File.Hash("chain"));

    [Fact]
    public void Votes_are_signed_over_the_bytes_of_the_vectors()
    {
        foreach (JsonElement item in File.Items("votes"))
        {
            byte[] signed = SignBytes.Vote(
                Chain, new Height(item.Number("height")), new Round((uint)item.Number("round")), (VoteStep)item.Number("step"),
                Block(item));
            Assert.Equal(item.Text("bytes"), Convert.ToHexStringLower(signed));
            Assert.Equal(item.Text("bytes"), ChainVectorTests.Pieces(item));
        }
    }

    [Fact]
    public void Proposals_are_signed_over_the_bytes_of_the_vectors()
    {
        foreach (JsonElement item in File.Items("proposals"))
        {
            int valid = item.GetProperty("validRound").GetInt32();
            byte[] signed = SignBytes.Proposal(
                Chain, new Height(item.Number("height")), new Round((uint)item.Number("round")),
                valid < 0 ? null : new Round((uint)valid), Block(item)!.Value);
            Assert.Equal(item.Text("bytes"), Convert.ToHexStringLower(signed));
            Assert.Equal(item.Text("bytes"), ChainVectorTests.Pieces(item));
        }
    }

    [Fact]
    public void No_two_statements_are_signed_over_the_same_bytes()
    {
        string[] all = [.. File.Items("votes").Concat(File.Items("proposals")).Select(item => item.Text("bytes"))];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void Keys_follow_from_their_seeds()
    {
        foreach (string name in ChainVectors.KeyNames)
        {
            using SigningKey key = SigningKey.FromSeed(ChainVectors.Seed(name));
            Assert.Equal(ChainVectors.PublicKey(name), key.PublicKey.ToArray());
            Assert.Equal(ChainVectors.Kid(name), key.Id);
        }
    }

    [Fact]
    public void Each_vote_of_the_commits_is_the_deterministic_signature_of_its_validator()
    {
        Configuration configuration = Network().Configuration;
        foreach (Commit commit in Commits())
        {
            byte[] signed = Signed(commit);
            ulong power = 0;
            foreach (CommitVote vote in commit.Votes)
            {
                Validator validator = configuration.Validators[vote.Validator];
                using SigningKey key = SigningKey.FromSeed(ChainVectors.Seed($"{validator.Name} vote"));
                Assert.Equal(key.Sign(signed, new byte[MlDsa65.RandomizerBytes]), vote.Signature.ToArray());
                Assert.True(MlDsa65.Verify(validator.VoteKey.Span, signed, [], vote.Signature.Span));
                power += validator.Power;
            }

            Assert.True(configuration.IsQuorum(power));
        }
    }

    [Fact]
    public void A_vote_counts_for_nothing_else_than_what_it_says()
    {
        Commit commit = Commits()[0];
        CommitVote vote = commit.Votes[0];
        ReadOnlySpan<byte> key = Network().Configuration.Validators[vote.Validator].VoteKey.Span;
        Assert.True(MlDsa65.Verify(key, Signed(commit), [], vote.Signature.Span));

        BlockId other = new(Digest.Of([1]));
        byte[][] others =
        [
            SignBytes.Vote(new ChainId(Digest.Of([2])), commit.Height, commit.Round, VoteStep.Precommit, commit.Block),
            SignBytes.Vote(Chain, commit.Height.Next, commit.Round, VoteStep.Precommit, commit.Block),
            SignBytes.Vote(Chain, commit.Height, commit.Round.Next, VoteStep.Precommit, commit.Block),
            SignBytes.Vote(Chain, commit.Height, commit.Round, VoteStep.Prevote, commit.Block),
            SignBytes.Vote(Chain, commit.Height, commit.Round, VoteStep.Precommit, other),
            SignBytes.Vote(Chain, commit.Height, commit.Round, VoteStep.Precommit, null),
            SignBytes.Proposal(Chain, commit.Height, commit.Round, null, commit.Block),
        ];
        foreach (byte[] message in others)
        {
            Assert.False(MlDsa65.Verify(key, message, [], vote.Signature.Span));
        }

        Assert.False(MlDsa65.Verify(key, Signed(commit), "context"u8, vote.Signature.Span));
    }

    [Fact]
    public void A_quorum_is_more_than_two_thirds_of_the_power_and_nothing_less()
    {
        Configuration configuration = Network().Configuration;
        JsonElement[] cases = [.. ChainVectors.Load("blocks.json").Items("quorums")];
        Assert.Equal(16, cases.Length);
        foreach (JsonElement item in cases)
        {
            ulong power = item.Items("voters").Aggregate(0UL, (sum, voter) => sum + configuration.Validators[voter.GetInt32()].Power);
            Assert.Equal(item.Number("power"), power);
            Assert.Equal(item.GetProperty("quorum").GetBoolean(), configuration.IsQuorum(power));
        }

        Assert.False((configuration with { Validators = [.. configuration.Validators.Take(3)] }).IsQuorum(6));
        Assert.True((configuration with { Validators = [.. configuration.Validators.Take(3)] }).IsQuorum(7));
    }

    private static GenesisDocument Network() =>
        ChainVectors.Genesis(ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("value"));

    private static Commit[] Commits() => [.. ChainVectors.Load("blocks.json").Items("blocks")
        .Select(block => ChainVectors.Commit(block.GetProperty("commit").GetProperty("value")))];

    private static byte[] Signed(Commit commit) =>
        SignBytes.Vote(Chain, commit.Height, commit.Round, VoteStep.Precommit, commit.Block);

    private static BlockId? Block(JsonElement item) =>
        item.GetProperty("block").ValueKind == JsonValueKind.Null ? null : new BlockId(item.Hash("block"));
}
