using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ledger.Core.Chain;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

[Trait("Tier", "fuzz")]
public sealed class SubmitFuzzTests
{
    /// <summary>Each goes over HTTP and back: one for twenty of those that the parsers get by themselves.</summary>
    private static int Cases =>
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases)
            ? Math.Max(1, cases / 20)
            : 2_000;

    [Fact]
    public async Task Any_bytes_get_a_problem_document_or_receipts_and_never_leave_a_part_behind()
    {
        MemoryStore store = new();
        // No empty block in the middle of it, however long it runs.
        Parameters parameters = new() { HeartbeatMs = 86_400_000 };
        await using NodeUnderTest node =
            await NodeUnderTest.StartAsync(store, TestNetwork.With(admission => admission, parameters));
        Operator alice = new(100);
        byte[][] sound = alice.Next(3);
        byte[] waiting = alice.Next();
        await node.SettleAsync(sound);
        await Quiet.WaitAsync(node, store);
        Random random = new(20_260_101);
        string entry = Convert.ToHexStringLower(SHA256.HashData(waiting));
        bool taken = false;
        int refused = 0;

        for (int i = 0; i < Cases; i++)
        {
            (long writes, long bytes) = (store.Writes, store.Bytes);
            bool single = random.Next(2) == 0;
            byte[] body = Next(random, [.. sound, waiting]);
            HttpResponseMessage response = await node.PostAsync(body, single ? SubmitDoor.One : SubmitDoor.Many);
            int status = (int)response.StatusCode;
            Assert.True(status is 201 or 202 or (>= 400 and < 500), $"case {i}: {status} for {Convert.ToHexStringLower(body)}");
            JsonNode answer = await response.JsonAsync(status);
            bool accepted = status is 201 or 202;
            Assert.Equal(accepted, answer["type"] is null);
            if (!accepted)
            {
                refused++;
                Assert.True((writes, bytes) == (store.Writes, store.Bytes), $"case {i}: a refused submission changed the store");
            }
            else if (!taken && answer["receipts"]!.AsArray().Any(receipt => (string?)receipt!["entry"] == entry))
            {
                // The record that waits came through whole: it settles, and so does the empty block after it.
                taken = true;
                await Quiet.WaitAsync(node, store);
            }
        }

        Assert.True(refused > Cases / 2, $"only {refused} of {Cases} cases were refused: the fuzz does not bite");
        Assert.Equal("settled", (await node.SettleAsync(waiting))[0].Text("state"));
        Assert.Equal("settled", (await node.SettleAsync(alice.Next()))[0].Text("state"));
    }

    /// <summary>Noise, records with changed, missing or added bytes, and sequences of such.</summary>
    private static byte[] Next(Random random, byte[][] records)
    {
        byte[] record = records[random.Next(records.Length)];
        switch (random.Next(6))
        {
            case 0:
                byte[] noise = new byte[random.Next(300)];
                random.NextBytes(noise);
                return noise;
            case 1:
                return record[..random.Next(record.Length)];
            case 2:
                return [.. record, (byte)random.Next(256)];
            case 3:
                return [.. Mutate(random, record), .. records[random.Next(records.Length)]];
            case 4:
                int from = random.Next(record.Length);
                return [.. record[..from], .. record[Math.Min(record.Length, from + random.Next(1, 40))..]];
            default:
                return Mutate(random, record);
        }
    }

    /// <summary>Mostly in the first 400 bytes, where the structure is; what follows is mostly the signature.</summary>
    private static byte[] Mutate(Random random, byte[] record)
    {
        byte[] mutated = (byte[])record.Clone();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(4) == 0 ? random.Next(mutated.Length) : random.Next(Math.Min(400, mutated.Length));
            mutated[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(mutated[at] ^ (1 << random.Next(8)));
        }

        return mutated;
    }
}
