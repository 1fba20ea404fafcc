using System.Text.Json.Nodes;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.Proofs.Tests;

/// <summary>What is said of a chain file, whole or in pieces.</summary>
public sealed class BareChainTests
{
    private static readonly string Folder = Path.Combine(Checkout.Vectors, "records");

    [Fact]
    public void A_chain_in_pieces_gets_the_report_of_the_whole()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Folder, "sample.oar"));
        foreach (byte[] bytes in (byte[][])[file, file[..^1], [.. file, 0], []])
        {
            ChainVerifier chain = new();
            for (int at = 0; at < bytes.Length; at += 1_000)
            {
                chain.Append(bytes.AsSpan(at, Math.Min(1_000, bytes.Length - at)));
            }

            Assert.False(EvidenceVerifier.LooksLikeEvidence(bytes));
            Verification whole = EvidenceVerifier.Verify(bytes, TrustFile.Empty);
            Verification pieces = EvidenceVerifier.Report(chain.Complete(), TrustFile.Empty);
            Assert.Equal(VerdictJson.Write(whole), VerdictJson.Write(pieces));
            Assert.Equal(bytes == file ? Verdict.Verified : Verdict.Invalid, whole.Verdict);
        }
    }

    [Fact]
    public void Causes_are_reported_as_shown_or_not_shown()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Folder, "sample.oar"));
        Verification sample = EvidenceVerifier.Verify(file, TrustFile.Empty);
        Assert.Contains("2 of 2 causes are shown in this file.", sample.Notes);
        Verification missing = EvidenceVerifier.Verify(ChainFile("64 causes that are shown nowhere"), TrustFile.Empty);
        Assert.Equal(Verdict.Verified, missing.Verdict);
        Assert.Contains("0 of 64 causes are shown in this file.", missing.Notes);
        Assert.Single(EvidenceVerifier.Verify(ChainFile("three records"), TrustFile.Empty).Notes);
    }

    private static byte[] ChainFile(string name)
    {
        byte[] pool = File.ReadAllBytes(Path.Combine(Folder, "chains.bin"));
        JsonNode file = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "chains.json")))!.AsArray()
            .Single(file => (string?)file!["name"] == name)!;
        return [.. file["parts"]!.AsArray().SelectMany(part => pool.AsSpan((int)part![0]!, (int)part[1]!).ToArray())];
    }
}
