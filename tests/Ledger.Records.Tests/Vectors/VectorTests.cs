using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Chains;
using Ledger.Records.Streams;
using Ledger.Records.Tests.BrokenChains;
using Ledger.Records.Tests.TestKit;
using Ledger.TestKit;

namespace Ledger.Records.Tests.Vectors;

/// <summary>
/// The golden vectors, read from their files and made anew: both must be equal. With LEDGER_WRITE_VECTORS=1 the files
/// are written instead; a change in them is a change of the format.
/// </summary>
public sealed class VectorTests
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string Folder = Path.Combine(Checkout.Vectors, "records");

    private static bool Writing => Environment.GetEnvironmentVariable("LEDGER_WRITE_VECTORS") == "1";

    [Fact]
    public void The_sample_chain_is_made_byte_by_byte()
    {
        ChainBuilder chain = SampleChain.Build();
        Check("sample.oar", chain.ToFile());
        Check("sample.json", Json(Describe(chain)));
    }

    [Fact]
    public void The_sample_chain_holds_every_kind_and_is_verified()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Folder, "sample.oar"));
        ChainVerdict verdict = ChainVerifier.Verify(file);
        Assert.Equal((Verdict.Verified, (long)SampleChain.Build().Records.Count), (verdict.Verdict, verdict.Records));
        Assert.Equal(
            Enum.GetValues<RecordKind>(), SampleChain.Build().Records.Select(record => record.Kind).Distinct().Order());
    }

    [Fact]
    public void The_statements_are_made_byte_by_byte() => Check("statements.json", Json(Statements()));

    [Fact]
    public void The_broken_chains_are_made_byte_by_byte()
    {
        PoolWriter pool = new();
        JsonArray files = [];
        foreach (Case broken in BrokenChainTests.Shared)
        {
            JsonArray parts = [.. pool.Add(broken.File()).Select(part => new JsonArray(part.Offset, part.Length))];
            files.Add(new JsonObject
            {
                ["name"] = broken.Name,
                ["verdict"] = broken.Verdict.Word(),
                ["layer"] = broken.Layer?.Word(),
                ["index"] = broken.Index,
                ["parts"] = parts,
            });
        }

        // One file a line keeps differences readable.
        string lines = string.Join(",\n", files.Select(file => file!.ToJsonString(
            new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })));
        Check("chains.bin", pool.Pool);
        Check("chains.json", System.Text.Encoding.UTF8.GetBytes($"[\n{lines}\n]\n"));
    }

    /// <summary>As another implementation reads them: from the two files alone.</summary>
    [Fact]
    public void Every_shared_chain_gets_the_verdict_that_stands_beside_it()
    {
        byte[] pool = File.ReadAllBytes(Path.Combine(Folder, "chains.bin"));
        JsonArray files = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "chains.json")))!.AsArray();
        Assert.InRange(files.Count, 100, 1_000);
        foreach (JsonNode? file in files)
        {
            byte[] bytes = [.. file!["parts"]!.AsArray().SelectMany(part =>
                pool.AsSpan((int)part![0]!, (int)part[1]!).ToArray())];
            ChainVerdict verdict = ChainVerifier.Verify(bytes);
            string name = (string)file["name"]!;
            Assert.Equal((name, (string?)file["verdict"]), (name, verdict.Verdict.Word()));
            Assert.Equal((name, (string?)file["layer"]), (name, verdict.Layer?.Word()));
            Assert.Equal((name, (long?)file["index"]), (name, verdict.Index));
        }
    }

    private static JsonObject Describe(ChainBuilder chain)
    {
        JsonArray records = [];
        JsonArray states = [];
        StreamState? state = null;
        foreach (Record record in chain.Records)
        {
            state = StreamRules.Advance(state, record, new GenesisTerms("member-1", []));
            records.Add(new JsonObject
            {
                ["kind"] = record.Kind.Word(),
                ["seq"] = record.Seq.Value,
                ["time"] = record.Time.Milliseconds,
                ["bytes"] = record.Bytes.Length,
                ["id"] = record.Id.ToString(),
                ["entry"] = record.Entry.ToString(),
                ["kid"] = record.Kid.ToString(),
                ["causes"] = new JsonArray([.. Enumerable.Range(0, record.CauseCount)
                    .Select(i => (JsonNode)record.Cause(i).ToString())]),
                ["body"] = record.Kind
                    is RecordKind.Genesis or RecordKind.Key or RecordKind.Revoke or RecordKind.Governance
                    ? null
                    : record.DecodeBody().ToString(),
                ["mapValue"] = state.MapValue.ToString(),
            });
        }

        states.Add(Convert.ToHexStringLower(state!.Encode()));
        return new JsonObject
        {
            ["about"] =
                "sample.oar, record by record; body is diagnostic notation, left out where it is a key; mapValue is "
                + "the streams map's value after the record with sponsor member-1, and state the last one's encoding",
            ["stream"] = chain.Stream.ToString(),
            ["state"] = states[0]!.DeepClone(),
            ["records"] = records,
        };
    }

    private static JsonObject Statements()
    {
        ChainBuilder chain = SampleChain.Build();
        Record first = chain.Records[0];
        RecordId head = chain.Records[13].Id;
        ChainId home = new(SampleBodies.SomeDigest);
        Freeze freeze = Freeze.Seal(Keys.Of("cold"), home, chain.Stream, 3, Keys.NoRandomness);
        return new JsonObject
        {
            ["about"] =
                "keys are made from the seeds (ML-DSA.KeyGen_internal of FIPS 204); signatures are deterministic "
                + "(randomizer of zeros), with an empty context",
            ["keys"] = new JsonObject(((string[])["alice", "bob", "carol", "cold"]).Select(name => KeyValuePair.Create(
                name, (JsonNode?)new JsonObject
                {
                    ["seed"] = Convert.ToHexStringLower(Keys.Seed(name)),
                    ["kid"] = Keys.Of(name).Id.ToString(),
                }))),
            ["signedBytesOfGenesis"] = Digest.Of(first.SignedBytes()).ToString(),
            ["keyProof"] = new JsonObject
            {
                ["stream"] = chain.Stream.ToString(),
                ["seq"] = 14,
                ["prev"] = head.ToString(),
                ["newKey"] = "bob",
                ["signedBytesSha256"] = Digest.Of(
                    KeyProof.SignedBytes(chain.Stream, new Sequence(14), head, Keys.Of("bob").PublicKey.Span))
                        .ToString(),
            },
            ["freeze"] = new JsonObject
            {
                ["chain"] = home.ToString(),
                ["stream"] = chain.Stream.ToString(),
                ["n"] = 3,
                ["signedBytes"] = Convert.ToHexStringLower(Freeze.SignedBytes(home, chain.Stream, 3)),
                ["wire"] = Convert.ToHexStringLower(freeze.Bytes.Span),
            },
            ["commitment"] = new JsonObject
            {
                ["salt"] = Convert.ToHexStringLower(Keys.Seed("salt of input")),
                ["contentUtf8"] = "claim 4711",
                ["hash"] = Commitment.Of(Keys.Seed("salt of input"), "claim 4711"u8).ToString(),
            },
        };
    }

    private static byte[] Json(JsonNode node) =>
        System.Text.Encoding.UTF8.GetBytes(node.ToJsonString(Readable).ReplaceLineEndings("\n") + "\n");

    internal static void Check(string name, byte[] made)
    {
        string path = Path.Combine(Folder, name);
        if (Writing)
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllBytes(path, made);
        }

        byte[] stored = File.ReadAllBytes(path);
        int same = made.AsSpan().CommonPrefixLength(stored);
        Assert.True(
            made.AsSpan().SequenceEqual(stored),
            string.Create(CultureInfo.InvariantCulture, $"{name} differs from what is made at byte {same}"));
    }
}
