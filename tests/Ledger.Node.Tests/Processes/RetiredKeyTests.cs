using System.Diagnostics;
using System.Net.Http.Headers;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary>A validator gets another vote key: the real program destroys the old one, and not a moment too soon.</summary>
[Trait("Tier", "process")]
public sealed class RetiredKeyTests : IDisposable
{
    private const int Next = 44;

    private readonly NodeFolderOnDisk _folder = new();
    private readonly Operator _alice = new(100);

    public void Dispose() => _folder.Dispose();

    [FactThatNeeds("rocksdb")]
    public async Task A_vote_key_that_is_in_force_no_more_is_destroyed_and_the_node_goes_on_with_the_next()
    {
        _folder.WriteSecret("vote2.key", NodeFolderOnDisk.Bare(Next));
        _folder.Settings["keys"]!["nextVote"] = "vote2.key";
        _folder.Save();
        byte[] next = File.ReadAllBytes(_folder.In("vote2.key"));
        byte[] old = File.ReadAllBytes(_folder.In("vote.key"));
        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            using NodeClient client = new(await node.ReadyAsync());
            await SettleAsync(client);

            // The next key was never in force, and the first one is: both stay.
            Assert.Equal(old, File.ReadAllBytes(_folder.In("vote.key")));
            await RekeyAsync(client);
            await HoldsAsync(async () =>
            {
                await SettleAsync(client);
                return File.ReadAllText(_folder.In("vote.key")).StartsWith("ledger destroyed key", StringComparison.Ordinal);
            });
            await HoldsAsync(() => Task.FromResult(node.Errors.Contains("was destroyed", StringComparison.Ordinal)));
            Assert.Equal(next, File.ReadAllBytes(_folder.In("vote2.key")));
            node.Signal(NodeProgram.Terminate);
            Assert.Equal(0, await node.EndAsync());
        }

        using (NodeProgram node = NodeProgram.Start("--dir", _folder.Path))
        {
            using NodeClient client = new(await node.ReadyAsync());
            await SettleAsync(client);
        }
    }

    private async Task SettleAsync(NodeClient client) =>
        Assert.Equal(201, await client.SubmitAsync(_alice.Next(), "?wait=settled"));

    private static async Task RekeyAsync(NodeClient client)
    {
        Configuration founded = TestNetwork.Genesis.Configuration;
        using SigningKey next = SigningKey.FromSeed(TestNetwork.Seed(Next));
        ProposalFile proposal = ProposalFile.Of(TestNetwork.Genesis.Chain, 1, new ConfigurationChange
        {
            Set = [founded.Validators[0] with { VoteKey = next.PublicKey }],
        });
        proposal = proposal.With(new ChangeApproval(
            TestNetwork.GovernanceKey.Id,
            TestNetwork.GovernanceKey.Sign(proposal.SignedBytes, new byte[MlDsa65.RandomizerBytes])));
        using ByteArrayContent content = new(proposal.Encode());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cbor");
        using HttpResponseMessage answer = await client.Http.PostAsync(new Uri("/v1/governance", UriKind.Relative), content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task HoldsAsync(Func<Task<bool>> holds)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(120), "the old key is not destroyed");
            await Task.Delay(100);
        }
    }
}
