using System.Text.Json;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.Proofs.Tests;

/// <summary>What a misbehaviour file shows, and what it does not.</summary>
public sealed class MisbehaviourTests
{
    private static readonly string Folder = Path.Combine(Checkout.Vectors, "chain");
    private static readonly JsonElement[] Cases =
        [.. Load("misbehaviour.json").GetProperty("cases").EnumerateArray()];

    private static readonly ChainId Chain =
        new(Digest.ParseHex(Load("sign-bytes.json").GetProperty("chain").GetString()!));

    [Fact]
    public void Each_file_of_the_vectors_shows_that_its_key_signed_both()
    {
        Assert.Equal(3, Cases.Length);
        foreach (JsonElement item in Cases)
        {
            Verification found = EvidenceVerifier.Verify(Bytes(item), TrustFile.Empty);
            Assert.Equal(Verdict.Verified, found.Verdict);
            Assert.Equal(Pinning.NotPinned, found.Trust.Chain);
            Assert.Contains(Kid(item.GetProperty("key").GetString()!), found.Notes[0], StringComparison.Ordinal);
            Assert.Contains("is for the chain's configuration to say", found.Notes[1], StringComparison.Ordinal);
            Assert.Equal(LayerOutcome.NotChecked, found.Layers.Single(layer => layer.Name == "quorum").Outcome);
        }
    }

    [Fact]
    public void A_report_in_either_order_gives_the_file_of_the_vectors()
    {
        foreach (JsonElement item in Cases)
        {
            Assert.True(MisbehaviourFile.TryParse(Bytes(item), out MisbehaviourFile file, out _));
            byte[] turned = MisbehaviourFile.Of(file.Key, file.Second, file.First).Encode();
            Assert.Equal(Bytes(item), turned);
            Assert.Equal(item.GetProperty("digest").GetString(), Digest.Of(turned).ToString());
        }
    }

    [Fact]
    public void A_statement_that_the_key_did_not_sign_is_named()
    {
        foreach (JsonElement item in Cases)
        {
            byte[] sound = Bytes(item);
            Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(sound, TrustFile.Empty).Verdict);
            byte[] signature = Convert.FromHexString(item.GetProperty("signatures")[0].GetString()!);
            int first = sound.AsSpan().IndexOf(signature);
            foreach ((int at, int index) in (IEnumerable<(int, int)>)[(first, 0), (sound.Length - 100, 1)])
            {
                byte[] changed = [.. sound];
                changed[at] ^= 1;
                Verification found = EvidenceVerifier.Verify(changed, TrustFile.Empty);
                Assert.Equal((Verdict.Invalid, Layer.Signature, index), (found.Verdict, found.Layer, found.Index));
            }
        }
    }

    [Fact]
    public void Another_key_in_the_file_has_signed_neither()
    {
        Assert.True(MisbehaviourFile.TryParse(Bytes(Cases[0]), out MisbehaviourFile file, out _));
        Assert.Null(MisbehaviourVerifier.FindUnsigned(file));
        Assert.True(MisbehaviourFile.TryParse(Bytes(Cases[1]), out MisbehaviourFile other, out _));
        byte[] accuses = (file with { Key = other.Key }).Encode();
        Verification found = EvidenceVerifier.Verify(accuses, TrustFile.Empty);
        Assert.Equal((Verdict.Invalid, Layer.Signature, 0), (found.Verdict, found.Layer, found.Index));
    }

    [Fact]
    public void Two_statements_that_an_honest_validator_makes_are_no_misbehaviour()
    {
        Assert.True(MisbehaviourFile.TryParse(Bytes(Cases[0]), out MisbehaviourFile file, out _));
        byte[] sameTwice = (file with { Second = file.First }).Encode();
        Verification found = EvidenceVerifier.Verify(sameTwice, TrustFile.Empty);
        Assert.Equal((Verdict.Invalid, Layer.Encoding, 0), (found.Verdict, found.Layer, found.Index));
        Assert.False(MisbehaviourFile.TryParse(sameTwice, out _, out CborError error));
        Assert.Equal(CborFault.WrongValue, error.Fault);
    }

    [Fact]
    public void A_trust_file_that_names_the_chain_pins_it_and_one_that_names_another_refuses()
    {
        Verification pinned = EvidenceVerifier.Verify(Bytes(Cases[0]), TrustFile.Empty with { Chain = Chain });
        Assert.Equal((Verdict.Verified, Pinning.Pinned), (pinned.Verdict, pinned.Trust.Chain));
        Verification refused = EvidenceVerifier.Verify(
            Bytes(Cases[0]), TrustFile.Empty with { Chain = new ChainId(Digest.Of([1])) });
        Assert.Equal((Verdict.Invalid, Layer.Quorum, 0), (refused.Verdict, refused.Layer, refused.Index));
    }

    [Fact]
    public void Only_the_vote_key_of_a_validator_of_the_chain_counts()
    {
        byte[] genesis = Convert.FromHexString(
            Load("genesis.json").GetProperty("cases")[0].GetProperty("bytes").GetString()!);
        Assert.True(GenesisDocument.TryParse(genesis, out GenesisDocument document, out _));
        Configuration configuration = document.Configuration;
        Assert.True(MisbehaviourFile.TryParse(Bytes(Cases[0]), out MisbehaviourFile file, out _));
        Assert.True(MisbehaviourVerifier.IsOfValidator(file, Chain, configuration));
        Assert.False(MisbehaviourVerifier.IsOfValidator(file, new ChainId(Digest.Of([1])), configuration));
        Configuration without = configuration with
        {
            Validators = [.. configuration.Validators.Where(validator => !validator.VoteKey.Span.SequenceEqual(file.Key.Span))],
        };
        Assert.False(MisbehaviourVerifier.IsOfValidator(file, Chain, without));
    }

    [Fact]
    public void Two_commits_of_one_height_show_a_fork_and_who_precommitted_both()
    {
        byte[] fork = File.ReadAllBytes(Path.Combine(Folder, "two-commits.fork"));
        Assert.Equal(
            Load("misbehaviour.json").GetProperty("fork").GetProperty("digest").GetString(), Digest.Of(fork).ToString());
        Verification found = EvidenceVerifier.Verify(fork, TrustFile.Empty with { Chain = Chain });
        Assert.Equal((Verdict.Verified, Pinning.Pinned), (found.Verdict, found.Trust.Chain));
        Assert.Contains("forked at height 2", found.Notes[0], StringComparison.Ordinal);
        Assert.Equal("Precommitted both: alpha, 4 of 10 in power.", found.Notes[1]);

        Verification refused = EvidenceVerifier.Verify(
            fork, TrustFile.Empty with { Chain = new ChainId(Digest.Of([1])) });
        Assert.Equal((Verdict.Invalid, Layer.Quorum, 0), (refused.Verdict, refused.Layer, refused.Index));
    }

    [Fact]
    public void A_commit_in_a_fork_file_that_is_not_sound_or_no_quorum_is_named()
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Folder, "two-commits.fork"));
        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(bytes, TrustFile.Empty).Verdict);
        Assert.True(ForkFile.TryParse(bytes, out ForkFile fork, out _));
        foreach ((ForkFile changed, int index) in (IEnumerable<(ForkFile, int)>)
            [
                (fork with { First = fork.First with { Round = fork.First.Round.Next } }, 0),
                (fork with { Second = fork.Second with { Round = fork.Second.Round.Next } }, 1),
                (fork with { Second = fork.Second with { Votes = fork.Second.Votes[..1] } }, 1),
            ])
        {
            Verification found = EvidenceVerifier.Verify(changed.Encode(), TrustFile.Empty);
            Assert.Equal((Verdict.Invalid, Layer.Quorum, index), (found.Verdict, found.Layer, found.Index));
        }
    }

    private static JsonElement Load(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name))).RootElement;

    private static byte[] Bytes(JsonElement item) => Convert.FromHexString(item.GetProperty("bytes").GetString()!);

    private static string Kid(string name) =>
        Load("keys.json").GetProperty("keys").GetProperty(name).GetProperty("kid").GetString()!;
}
