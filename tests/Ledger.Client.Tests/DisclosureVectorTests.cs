using System.Text;
using System.Text.Json;
using Ledger.Client.Tests.TestKit;
using Ledger.Crypto;
using Ledger.Proofs;
using Ledger.Proofs.Disclosures;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests;

/// <summary>
/// The disclosures of <c>tests/vectors/disclosures</c>, for every verifier to agree on. Made anew with
/// LEDGER_WRITE_VECTORS=1.
/// </summary>
public sealed class DisclosureVectorTests
{
    private static readonly string Folder = Checkout.PathOf("tests", "vectors", "disclosures");

    [Fact]
    public async Task Every_disclosure_of_the_vectors_gets_its_verdict()
    {
        if (Environment.GetEnvironmentVariable("LEDGER_WRITE_VECTORS") == "1")
        {
            await WriteAsync();
        }

        byte[] chain = await File.ReadAllBytesAsync(Path.Combine(Folder, "sample.oar"));
        using JsonDocument cases = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "cases.json")));
        Assert.Equal(10, cases.RootElement.GetArrayLength());
        foreach (JsonElement one in cases.RootElement.EnumerateArray())
        {
            byte[] file = Convert.FromHexString(one.GetProperty("disclosure").GetString()!);
            Verification verification = DisclosureVerifier.Verify(chain, [file], TrustFile.Empty);
            string said = $"{verification.Verdict.Word()} {verification.Layer} {verification.Index}".Trim();
            Assert.Equal((Text(one, "name"), Text(one, "verdict")), (Text(one, "name"), said));
        }
    }

    private static string Text(JsonElement one, string member) => one.GetProperty(member).GetString()!;

    private static async Task WriteAsync()
    {
        Directory.CreateDirectory(Folder);
        using TempFolder folder = new();
        using SigningKey key = Keys.Of("disclosure vector");
        string chain = folder.Of("sample.oar");
        List<object> cases = [];
        await using (Decision stream = await Decision.BeginAsync(chain, key, new SetClock()))
        {
            (Record intent, _) = await stream.DecideAsync("the question");
            (Record other, _) = await stream.DecideAsync("another");
            Disclosure sound = await stream.Vault.DiscloseAsync(chain, intent.Id, "input[0]", default);
            Disclosure part = await stream.Vault.DiscloseAsync(chain, intent.Id, "config.prompt", default);
            byte[] file = sound.Encode();
            byte[] longCount = [file[0], .. "av"u8, 0x18, 0x01, .. file[4..]];
            void Add(string name, byte[] bytes, string verdict) =>
                cases.Add(new { name, verdict, disclosure = Convert.ToHexStringLower(bytes) });

            Add("an input", file, "VERIFIED");
            Add("a part of the model's state", part.Encode(), "VERIFIED");
            Add("another content", (sound with { Content = "the questioN"u8.ToArray() }).Encode(), "INVALID Proof 2");
            Add("another length", (sound with { Content = "the question?"u8.ToArray() }).Encode(), "INVALID Proof 2");
            Add("another salt", (sound with { Salt = new byte[32] }).Encode(), "INVALID Proof 2");
            Add("another member", (sound with { Member = "context[0].commit" }).Encode(), "INVALID Proof 2");
            Add("another record", (sound with { Record = other.Id }).Encode(), "INVALID Proof 4");
            Add("a record that is not there", (sound with { Record = default }).Encode(), "INVALID Proof 6");
            Add("a byte too many", [.. file, 0], "INVALID Encoding 6");
            Add("an integer not in its shortest form", longCount, "INVALID Encoding 6");
        }

        File.Copy(chain, Path.Combine(Folder, "sample.oar"), overwrite: true);
        string json = JsonSerializer.Serialize(cases, new JsonSerializerOptions { WriteIndented = true });
        await File.WriteAllTextAsync(Path.Combine(Folder, "cases.json"), json + "\n", new UTF8Encoding(false));
    }
}
