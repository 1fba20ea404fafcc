using System.Text.Json.Nodes;
using Ledger.Bitcoin.Rpc;
using Ledger.Bitcoin.Tests.Rpc;
using Ledger.Core;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Tests.Spv;

namespace Ledger.Bitcoin.Tests;

/// <summary>What is made of a daemon that is wrong, or lies. The honest one is a real one, in other tests.</summary>
public class AnchorWalletTests
{
    private static readonly byte[] Honest = TestProof.Transaction(TestProof.Block);

    [Fact]
    public async Task A_transaction_that_does_not_commit_to_the_block_is_not_taken_and_its_coins_are_given_back()
    {
        Assert.Equal(BitcoinTransactionId.Of(Honest), (await BuildAsync(Honest, [])).Value.Id);

        byte[] another = TestProof.Transaction(new BlockId(Digest.Of("other"u8)));
        foreach (byte[] other in (byte[][])[another, TestProof.Transaction(TestProof.Change()), [1, 2, 3]])
        {
            var asked = new List<string>();
            BitcoinError error = (await BuildAsync(other, asked)).Error!;
            Assert.Equal(BitcoinErrorKind.InconsistentReply, error.Kind);
            Assert.Equal("lockunspent", asked[^1]);
        }
    }

    [Fact]
    public async Task A_transaction_too_long_for_a_proof_is_not_sent_and_the_remedy_is_told()
    {
        byte[] change = TestProof.Output(1, new byte[200]);
        byte[] data = TestProof.Output(0, LedgerCommitment.Script(TestProof.Block));
        byte[][] outputs = [.. Enumerable.Repeat(change, 20), data];
        BitcoinError error = (await BuildAsync(TestProof.Transaction(outputs), [])).Error!;

        Assert.Equal(BitcoinErrorKind.Rejected, error.Kind);
        Assert.Contains("one larger coin", error.Message);
    }

    [Fact]
    public async Task A_proof_is_built_from_an_honest_daemon_and_from_no_other()
    {
        byte[] header = TestProof.Mine(BitcoinTransactionId.Of(Honest).Value.ToArray(), 0x207fffff);
        byte[] block = [.. header, 1, .. Honest];
        BitcoinBlockHash hash = BitcoinBlockHash.Of(header);
        BitcoinTransactionId id = BitcoinTransactionId.Of(Honest);
        SpvProof proof = (await ProveAsync(block, hash, id, BitcoinNetwork.Regtest)).Value;
        Assert.True(proof.TryVerify(BitcoinNetwork.Regtest, TestProof.Block, null, out _, out _));
        Assert.Equal(7u, proof.Height.Value);

        var other = new BitcoinBlockHash(Digest.Of("other"u8));
        BitcoinError wrong = (await ProveAsync(block, other, id, BitcoinNetwork.Regtest)).Error!;
        Assert.Equal(BitcoinErrorKind.InconsistentReply, wrong.Kind);
        BitcoinError cut = (await ProveAsync(block[..^1], hash, id, BitcoinNetwork.Regtest)).Error!;
        Assert.Equal(BitcoinErrorKind.InconsistentReply, cut.Kind);
        BitcoinError main = (await ProveAsync(block, hash, id, BitcoinNetwork.Main)).Error!;
        Assert.Equal(BitcoinErrorKind.InconsistentReply, main.Kind);
        Assert.Contains("target", main.Message);
        var stranger = new BitcoinTransactionId(Digest.Of("stranger"u8));
        BitcoinError absent = (await ProveAsync(block, hash, stranger, BitcoinNetwork.Regtest)).Error!;
        Assert.Equal(BitcoinErrorKind.NotFound, absent.Kind);
    }

    private static async Task<BitcoinResult<AnchorTransaction>> BuildAsync(byte[] signed, List<string> asked)
    {
        var daemon = new CannedDaemon((call, _) =>
        {
            string method = (string)call["method"]!;
            asked.Add(method);
            string hex = Convert.ToHexStringLower(signed);
            return CannedDaemon.Envelope(call, Answer(method, hex), "null");
        });
        using BitcoinRpc rpc = daemon.Open();
        return await new AnchorWallet(rpc).BuildAsync(TestProof.Block, null);

        static string Answer(string method, string hex) => method switch
        {
            "createrawtransaction" => $"\"{hex}\"",
            "fundrawtransaction" =>
                $$"""{"hex":"{{Convert.ToHexStringLower(Honest)}}","fee":0.00000200,"changepos":0}""",
            "signrawtransactionwithwallet" => $$"""{"hex":"{{hex}}","complete":true}""",
            "lockunspent" => "true",
            _ => throw new InvalidOperationException(method),
        };
    }

    private static async Task<BitcoinResult<SpvProof>> ProveAsync(
        byte[] block,
        BitcoinBlockHash hash,
        BitcoinTransactionId id,
        BitcoinNetwork network)
    {
        var daemon = new CannedDaemon((call, _) =>
        {
            JsonNode answer = (string)call["method"]! == "getblock"
                ? Convert.ToHexStringLower(block)
                : new JsonObject { ["height"] = 7, ["confirmations"] = 1, ["time"] = 1 };
            return CannedDaemon.Envelope(call, answer.ToJsonString(), "null");
        });
        using BitcoinRpc rpc = daemon.Open();
        return await new SpvProofBuilder(rpc).BuildAsync(network, TestProof.Block, id, hash);
    }
}
