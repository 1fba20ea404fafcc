using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Ledger.Client.Tests.TestKit;
using Ledger.Crypto;
using Ledger.Proofs;
using Ledger.Proofs.Disclosures;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>One content disclosed from the vault, held against the chain by a verifier that has nothing else.</summary>
public sealed class DisclosureTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private Decision _stream = null!;
    private Record _intent = null!;
    private Record _other = null!;
    private Disclosure _disclosure = null!;

    public async Task InitializeAsync()
    {
        _stream = await Decision.BeginAsync(_folder.Of("a.oar"), _key, TimeProvider.System);
        (_intent, _) = await _stream.DecideAsync("the question");
        (_other, _) = await _stream.DecideAsync("another");
        _disclosure = await _stream.Vault.DiscloseAsync(_stream.Sealer.ChainFile, _intent.Id, "input[0]", default);
    }

    public async Task DisposeAsync()
    {
        await _stream.DisposeAsync();
        _folder.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_disclosure_holds_against_a_bare_chain_and_against_an_evidence_file(bool evidence)
    {
        Verification verification = Verify(_disclosure.Encode(), evidence);
        Assert.Equal(Verdict.Verified, verification.Verdict);
        DisclosureReport report = Assert.Single(verification.Disclosures);
        Assert.Equal(LayerOutcome.Passed, report.Outcome);
        Assert.Equal(
            (_intent.Id, "input[0]", 2, 12, "text/plain"),
            (report.Record!.Value, report.Member, report.Index, report.Bytes, report.Type));
        Assert.Equal(SHA256.HashData("the question"u8), report.Digest!.Value.ToArray());
        string json = Encoding.UTF8.GetString(VerdictJson.Write(verification));
        Assert.Contains("\"outcome\": \"passed\"", json);
    }

    [Theory]
    [InlineData("input[0]")]
    [InlineData("context[0].commit")]
    [InlineData("context[0].part")]
    [InlineData("config.prompt")]
    public async Task Every_kind_of_member_can_be_disclosed(string member)
    {
        Disclosure disclosure =
            await _stream.Vault.DiscloseAsync(_stream.Sealer.ChainFile, _intent.Id, member, default);
        Assert.Equal(Verdict.Verified, Verify(disclosure.Encode()).Verdict);
    }

    [Theory]
    [InlineData("content", 2)]
    [InlineData("longer content", 2)]
    [InlineData("salt", 2)]
    [InlineData("member", 2)]
    [InlineData("no member", 2)]
    [InlineData("record", 4)]
    [InlineData("no record", 6)]
    public void Another_content_salt_member_or_record_is_refused(string what, int index)
    {
        Assert.Equal(Verdict.Verified, Verify(_disclosure.Encode()).Verdict);
        byte[] salt = _disclosure.Salt.ToArray();
        salt[31] ^= 1;
        Disclosure changed = what switch
        {
            "content" => _disclosure with { Content = "the questioN"u8.ToArray() },
            "longer content" => _disclosure with { Content = "the question?"u8.ToArray() },
            "salt" => _disclosure with { Salt = salt },
            "member" => _disclosure with { Member = "context[0].commit" },
            "no member" => _disclosure with { Member = "input[1]" },
            "record" => _disclosure with { Record = _other.Id },
            _ => _disclosure with { Record = default },
        };
        Verification verification = Verify(changed.Encode());
        Assert.Equal(
            (Verdict.Invalid, Layer.Proof, index), (verification.Verdict, verification.Layer, verification.Index));
        Assert.Equal(LayerOutcome.Failed, Assert.Single(verification.Disclosures).Outcome);
    }

    /// <summary>A kid is the SHA-256 of 32 bytes and 1,920 more: no commitment to anything.</summary>
    [Fact]
    public void A_digest_that_is_no_commitment_cannot_be_passed_off_as_one()
    {
        Record genesis = Samples.Read(_stream.Sealer.ChainFile)[0];
        ReadOnlyMemory<byte> key = _key.PublicKey;
        Disclosure forged = new(key[..32], "recovery", genesis.Id, key[32..]);
        Verification verification = Verify(forged.Encode());
        Assert.Equal((Verdict.Invalid, Layer.Proof, 0), (verification.Verdict, verification.Layer, verification.Index));
        Assert.Empty(CommittedMember.Of(genesis));
    }

    [Fact]
    public void Every_single_bit_counts()
    {
        byte[] file = _disclosure.Encode();
        Assert.Equal(Verdict.Verified, Verify(file).Verdict);
        byte[] chain = File.ReadAllBytes(_stream.Sealer.ChainFile);
        for (int bit = 0; bit < 8 * file.Length; bit += 5)
        {
            byte[] flipped = [.. file];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(Verdict.Invalid, Verify(flipped, chain).Verdict);
        }
    }

    [Fact]
    public void A_disclosure_file_is_read_whole_or_not_at_all()
    {
        byte[] file = _disclosure.Encode();
        Assert.True(Disclosure.TryParse(file, out Disclosure? read, out _));
        Assert.Equal(file, read.Encode());
        for (int length = 0; length < file.Length; length++)
        {
            Assert.False(Disclosure.TryParse(file.AsMemory(0, length), out _, out _));
        }

        Assert.False(Disclosure.TryParse((byte[])[.. file, 0], out _, out var error));
        Assert.Equal(file.Length, error.Offset);
        Verification verification = Verify("no disclosure"u8.ToArray());
        Assert.Equal((Verdict.Invalid, Layer.Encoding), (verification.Verdict, verification.Layer));
    }

    [Fact]
    public void Against_a_file_that_is_INVALID_nothing_is_checked()
    {
        byte[] chain = File.ReadAllBytes(_stream.Sealer.ChainFile);
        chain[^1] ^= 1;
        Verification verification = Verify(_disclosure.Encode(), chain);
        Assert.Equal((Verdict.Invalid, Layer.Signature), (verification.Verdict, verification.Layer));
        Assert.Equal(LayerOutcome.NotChecked, Assert.Single(verification.Disclosures).Outcome);
    }

    private Verification Verify(byte[] disclosure, bool evidence = false)
    {
        byte[] chain = File.ReadAllBytes(_stream.Sealer.ChainFile);
        return Verify(disclosure, evidence ? AsEvidence(chain) : chain);
    }

    private static Verification Verify(byte[] disclosure, byte[] file) =>
        DisclosureVerifier.Verify(file, [disclosure], TrustFile.Empty);

    private byte[] AsEvidence(byte[] chain)
    {
        ImmutableArray<ReadOnlyMemory<byte>> records = RecordSequence.Split(chain, 100, out _);
        return EvidenceWriter.Encode(new EvidenceFile
        {
            Keys = [], Chain = null, Scope = EvidenceScope.Stream, Stream = _intent.Stream, Records = records,
        });
    }
}
