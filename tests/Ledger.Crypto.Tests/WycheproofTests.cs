using System.Text.Json;
using Ledger.TestKit;

namespace Ledger.Crypto.Tests;

/// <summary>The vectors of Project Wycheproof, an extra: from LEDGER_WYCHEPROOF, else ../shared/vectors/wycheproof.</summary>
public sealed class WycheproofTests
{
    private static readonly string Folder =
        Environment.GetEnvironmentVariable("LEDGER_WYCHEPROOF") ?? Checkout.PathOf("..", "shared", "vectors", "wycheproof");

    [WycheproofFact]
    public void Every_verification_vector_gives_its_verdict()
    {
        int count = 0;
        foreach ((JsonElement group, JsonElement test) in Read("mldsa_65_verify_test.json"))
        {
            bool valid = MlDsa65.Verify(
                Bytes(group, "publicKey"), Bytes(test, "msg"), Bytes(test, "ctx"), Bytes(test, "sig"));
            Assert.True(valid == IsValid(test), $"test {test.GetProperty("tcId")}: {test.GetProperty("comment")}");
            count++;
        }

        Assert.Equal(210, count);
        Counts.Add("wycheproof-verify", $"{count} vectors: 0 differ");
    }

    [WycheproofFact]
    public void Every_signing_vector_gives_its_bytes()
    {
        int count = 0;
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        foreach ((JsonElement group, JsonElement test) in Read("mldsa_65_sign_seed_test.json"))
        {
            // Vectors without "msg" give μ alone: the internal interface, which is not offered.
            string name = $"test {test.GetProperty("tcId")}: {test.GetProperty("comment")}";
            byte[] seed = Bytes(group, "privateSeed");
            if (seed.Length != MlDsa65.SeedBytes || !test.TryGetProperty("msg", out _))
            {
                Assert.True(!IsValid(test) || !test.TryGetProperty("msg", out _), name);
                continue;
            }

            MlDsa65.GenerateKey(seed, publicKey, secretKey);
            Assert.True(publicKey.AsSpan().SequenceEqual(Bytes(group, "publicKey")), name);
            byte[] randomizer = Bytes(test, "rnd") is { Length: > 0 } given ? given : new byte[MlDsa65.RandomizerBytes];
            byte[] signature = new byte[MlDsa65.SignatureBytes];
            if (IsValid(test))
            {
                MlDsa65.Sign(secretKey, Bytes(test, "msg"), Bytes(test, "ctx"), randomizer, signature);
                Assert.True(signature.AsSpan().SequenceEqual(Bytes(test, "sig")), name);
                count++;
            }
            else
            {
                Assert.Throws<ArgumentException>(
                    () => MlDsa65.Sign(secretKey, Bytes(test, "msg"), Bytes(test, "ctx"), randomizer, signature));
            }
        }

        Assert.True(count > 60, $"only {count} signatures were compared");
        Counts.Add("wycheproof-sign", $"{count} signatures, byte by byte: 0 differ");
    }

    private static IEnumerable<(JsonElement Group, JsonElement Test)> Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, file)));
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                yield return (group, test);
            }
        }
    }

    private static bool IsValid(JsonElement test) => test.GetProperty("result").GetString() == "valid";

    private static byte[] Bytes(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.GetString() is { } hex ? Convert.FromHexString(hex) : [];

    private sealed class WycheproofFactAttribute : FactAttribute
    {
        public WycheproofFactAttribute()
        {
            if (!Directory.Exists(Folder))
            {
                Skip = "The Wycheproof vectors are an extra: none in LEDGER_WYCHEPROOF nor in ../shared/vectors/wycheproof.";
            }
        }
    }
}
