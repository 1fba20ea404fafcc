using System.Diagnostics;
using System.Text.Json.Nodes;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Bitcoin.Regtest;
using Ledger.Bitcoin.Rpc;
using Ledger.Bitcoin.Tests.Regtest;
using Ledger.Core;
using Ledger.Proofs.Spv;
using Ledger.TestKit;

namespace Ledger.Bitcoin.Tests.OpenTimestamps;

/// <summary>Our reader and writer beside the reference implementation, which stands in Python.</summary>
[Trait("Tier", "process")]
public sealed class ReferenceTests : RegtestTests
{
    private const int HeaderBytes = 65;

    [FactThatNeeds("bitcoind", "opentimestamps")]
    public async Task A_records_proof_leads_there_too_to_the_root_that_bitcoind_names()
    {
        RegtestDaemon daemon = await StartAsync();
        var record = new TestRecord(1_000);
        var wallet = new AnchorWallet(daemon.Rpc);
        AnchorTransaction anchor = (await wallet.BuildAsync(record.Header.Id, null)).Value;
        Assert.True((await wallet.BroadcastAsync(anchor)).IsSuccess);
        BitcoinBlockHash holder = (await daemon.MineAsync()).Value[0];
        SpvProof proof = (await new SpvProofBuilder(daemon.Rpc)
            .BuildAsync(BitcoinNetwork.Regtest, record.Header.Id, anchor.Id, holder)).Value;
        Digest root = (await daemon.Rpc.GetBlockAsync(holder)).Value.MerkleRoot;

        int[] indexes = [0, 1, 511, 512, 999];
        string[] paths = [.. indexes.Select(index =>
        {
            Assert.True(record.TryStamp(index, proof, out OtsFile? file, out OtsFault fault), fault.ToString());
            return Save($"record-{index}.ots", file!.Encode());
        })];
        foreach ((int index, JsonNode said) in indexes.Zip(Run(["read", .. paths])))
        {
            Assert.True((bool)said["same"]!, said.ToJsonString());
            Assert.Equal(record.Entries[index].ToString(), (string)said["digest"]!);
            Assert.Equal($"{root} bitcoin {proof.Height}", (string)Assert.Single(said["attestations"]!.AsArray())!);
        }
    }

    [FactThatNeeds("opentimestamps")]
    public void Three_hundred_proofs_that_it_writes_are_read_and_written_back_byte_for_byte()
    {
        const int Count = 300;
        int attestations = 0;
        foreach ((int number, JsonNode said) in Run(["write", Folder, $"{Count}"]).Index())
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(Folder, $"{number}.ots"));
            if (bytes.Length > OtsLimits.FileBytes)
            {
                continue;
            }

            Assert.True(OtsFile.TryDecode(bytes, out OtsFile? file, out OtsError error), $"{number}: {error}");
            Assert.Equal(bytes, file.Encode());
            Assert.Equal((string)said["digest"]!, file.FileDigest.ToString());
            string[] found =
                [.. file.Timestamp.Evaluate(file.FileDigest.Span).Select(Show).Order(StringComparer.Ordinal)];
            Assert.Equal(said["attestations"]!.AsArray().Select(item => (string)item!), found);
            attestations += found.Length;
        }

        Assert.InRange(attestations, Count, int.MaxValue);
    }

    [FactThatNeeds("opentimestamps")]
    public void Both_draw_the_same_lines()
    {
        byte[] attestation = [0, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 1, 1];
        OtsTimestamp any = OtsTimestamp.Of([new OtsAttestation.Bitcoin(new(1))], []);
        byte[] head = new OtsFile(Digest.Zero, any).Encode()[..HeaderBytes];
        byte[][] proofs =
        [
            [.. head, .. attestation],
            [.. head, .. Enumerable.Repeat((byte)8, 255), .. attestation],
            [.. head, .. Enumerable.Repeat((byte)8, 256), .. attestation],
            [.. head, 0xf0, 0xe0, 0x1f, .. new byte[4_064], .. attestation],
            [.. head, 0xf0, 0xe1, 0x1f, .. new byte[4_065], .. attestation],
            [.. head, 0xf0, 0, .. attestation],
            [.. head, .. Enumerable.Repeat((byte)0xf3, 7), .. attestation],
            [.. head, .. Enumerable.Repeat((byte)0xf3, 8), .. attestation],
            [.. head, 0x09, .. attestation],
            [.. head, .. attestation, 0],
            [.. head, .. attestation[..^1]],
            [.. head, .. attestation[..9], 2, 1, 1],
        ];
        string[] paths = [.. proofs.Select((proof, i) => Save($"{i}.ots", proof))];

        JsonNode[] said = Run(["read", .. paths]);
        Assert.Equal(proofs.Length, said.Length);
        for (int i = 0; i < proofs.Length; i++)
        {
            bool theirs = said[i]["error"] is null;
            bool ours = OtsFile.TryDecode(proofs[i], out _, out OtsError error);
            Assert.True(theirs == ours, $"proof {i}: {said[i].ToJsonString()} against {error}");
        }

        Assert.Equal(4, said.Count(item => item["error"] is null));
    }

    private static string Show((byte[] Message, OtsAttestation Attestation) item) =>
        Convert.ToHexStringLower(item.Message) + item.Attestation switch
        {
            OtsAttestation.Bitcoin bitcoin => $" bitcoin {bitcoin.Height}",
            OtsAttestation.Pending pending => $" pending {pending.Uri}",
            OtsAttestation.Unknown unknown => $" other {Convert.ToHexStringLower(unknown.Tag.Span)}",
            _ => throw new InvalidOperationException("A new kind of attestation."),
        };

    private static JsonNode[] Run(string[] arguments)
    {
        string script = Checkout.PathOf("tests", "Ledger.Bitcoin.Tests", "OpenTimestamps", "reference.py");
        using var python = Process.Start(new ProcessStartInfo(Needs.Get("opentimestamps"), [script, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        string said = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        Assert.Equal(0, python.ExitCode);
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
