using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.Proofs.Tests;

/// <summary>
/// The verifier of <c>anchor/verifier-web</c>, written from the specifications by someone who did not see this one,
/// over all vectors, evidence that a quorum signed to mislead, and mutations of both: one report, member by member.
/// </summary>
[Trait("Tier", "process")]
public sealed class SecondVerifierTests
{
    [FactThatNeeds("npm")]
    public void Both_verifiers_say_the_same_of_all_vectors_and_100_mutations() => Compare(100);

    [FactThatNeeds("npm")]
    [Trait("Tier", "full")]
    public void Both_verifiers_say_the_same_of_1000_mutations() => Compare(1_000);

    private static void Compare(int mutations)
    {
        string folder = Directory.CreateTempSubdirectory("ledger-second-verifier").FullName;
        try
        {
            (int exitCode, string said) = Run(folder, mutations);
            Assert.True(exitCode == 0, said);
            JsonArray verdicts = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "verdicts.json")))!.AsArray();
            Assert.True(verdicts.Count > mutations + 300, $"{verdicts.Count} files");
            List<string> differ = Differences(File.ReadAllBytes(Path.Combine(folder, "cases.bin")), verdicts);
            Assert.True(differ.Count == 0, $"{differ.Count} of {verdicts.Count}:\n{string.Join('\n', differ)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<string> Differences(ReadOnlySpan<byte> cases, JsonArray verdicts)
    {
        List<string> differ = [];
        foreach (JsonNode? theirs in verdicts)
        {
            ReadOnlySpan<byte> trust = Next(ref cases);
            ReadOnlySpan<byte> file = Next(ref cases);
            if (Difference(Judged(file.ToArray(), trust.ToArray()), theirs!["report"]!) is string found)
                differ.Add($"{theirs["name"]}: {found}");
        }

        Assert.True(cases.IsEmpty);
        return differ;
    }

    /// <summary>The report on a file; one with the verdict "USAGE" where the trust file is refused.</summary>
    private static JsonNode Judged(byte[] file, byte[] trust)
    {
        TrustFile? held = TrustFile.Empty;
        if (trust.Length > 0 && !TrustFileParser.TryParse(trust, out held, out TrustFault? fault))
            return new JsonObject { ["verdict"] = "USAGE", ["reason"] = fault!.ToString() };
        Verification verification = EvidenceVerifier.Verify(file, held!);
        JsonNode report = JsonNode.Parse(VerdictJson.Write(verification))!;
        if (verification.Verdict == Verdict.Verified)
            report["firstLine"] = VerdictJson.FirstLine(verification);
        return report;
    }

    /// <summary>The first member in which two reports differ; words beside a refusal are free.</summary>
    private static string? Difference(JsonNode ours, JsonNode theirs)
    {
        string[] members =
        [
            "verdict", "layer", "index", "stream", "records", "scope", "asOf", "trust", "settled", "anchored", "firstLine",
        ];
        string? member = members.FirstOrDefault(member => !JsonNode.DeepEquals(ours[member], theirs[member]));
        return member is null ? null : $"{member}: {Shown(ours)} against {Shown(theirs)}: "
            + $"{ours[member]?.ToJsonString()} / {theirs[member]?.ToJsonString()}";

        static string Shown(JsonNode report) =>
            $"{report["verdict"]} {report["layer"]} {report["index"]} ({report["reason"]})";
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> cases)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(cases);
        ReadOnlySpan<byte> item = cases.Slice(4, length);
        cases = cases[(4 + length)..];
        return item;
    }

    private static (int ExitCode, string Said) Run(string folder, int mutations) => NodeScript.Run(
        Checkout.PathOf("tests", "verifier", "cases.mjs"), folder, $"{mutations}");
}
