using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Node.Api;
using Ledger.Node.Tests.Setting;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>The door for approvals: rule Q10.</summary>
public sealed class GovernanceDoorTests
{
    private static readonly ChainId Chain = TestNetwork.Genesis.Chain;

    private static readonly ConfigurationChange Change = new()
    {
        Parameters = TestNetwork.Genesis.Configuration.Parameters with { AnchorBlocks = 77 },
    };

    [Fact]
    public async Task An_approval_that_is_enough_is_sealed_once_and_its_change_comes_into_force()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        ProposalFile proposal = Approved(ProposalFile.Of(Chain, 1, Change));

        JsonNode receipt = await (await PostAsync(node, proposal.Encode())).JsonAsync(200);
        Assert.Equal((1UL, 1UL), (receipt.Number("at"), receipt.Number("sealed")));
        await node.SettleAsync(new Operator(100).Next(2));
        JsonNode shown = await WaitAsync(node, governance => governance.Number("change") == 1);

        Assert.True(Configuration.TryParse(
            Convert.FromHexString(shown.Text("configuration")), out Configuration configuration, out _));
        Assert.Equal(77UL, configuration.Parameters.AnchorBlocks);
        JsonNode member = Assert.Single(shown["members"]!.AsArray())!;
        Assert.Equal(
            ("alpha", TestNetwork.GovernanceKey.Id.ToString(), true),
            (member.Text("name"), member.Text("governance"), (bool)member["self"]!));

        // Executed once: the same again is for a number that is past.
        JsonNode again = await (await PostAsync(node, proposal.Encode())).ProblemAsync(ProblemType.ProposalRefused);
        Assert.Contains("the next one here is 2", again.Text("detail"));
    }

    [Fact]
    public async Task What_does_not_count_is_refused_with_the_reason_and_nothing_is_sealed()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        ProposalFile sound = Approved(ProposalFile.Of(Chain, 1, Change));
        ChangeApproval approval = sound.Approvals[0];
        byte[] bent = approval.Signature.ToArray();
        bent[100] ^= 1;

        (ProposalFile Proposal, string Reason)[] cases =
        [
            (sound with { Approvals = [] }, "Nobody has approved the proposal yet"),
            (sound with { Approvals = [approval with { Signature = bent }] }, "The approval of alpha is not signed by"),
            (sound with { Approvals = [approval with { Key = TestNetwork.VoteKey.Id }] }, "is no member's governance key"),
            (Approved(ProposalFile.Of(Chain, 2, Change)), "the next one here is 1"),
            (Approved(ProposalFile.Of(new ChainId(Digest.Of("another"u8)), 1, Change)), "hand it to a node of that chain"),
            (Approved(ProposalFile.Of(Chain, 1, Without("nobody"))), "who has no seat to give up"),
            (Approved(ProposalFile.Of(Chain, 1, Without("alpha"))), "none may be"),
            (Approved(ProposalFile.Of(Chain, 1, Large())), "too many for one record"),
        ];
        foreach ((ProposalFile proposal, string reason) in cases)
        {
            HttpResponseMessage answer = await PostAsync(node, proposal.Encode());
            JsonNode refused = await answer.ProblemAsync(ProblemType.ProposalRefused);
            Assert.Contains(reason, refused.Text("detail"));
        }

        byte[] bytes = sound.Encode();
        await (await PostAsync(node, bytes[..^1])).ProblemAsync(ProblemType.ProposalForm);
        await (await PostAsync(node, bytes, "application/json")).ProblemAsync(ProblemType.MediaTypeUnknown);
        await (await PostAsync(node, new byte[(1 << 20) + 1])).ProblemAsync(ProblemType.TooLarge);
        Assert.Equal(0UL, (await node.GetAsync("/v1/governance")).Number("decided"));

        // The untouched one counts.
        await (await PostAsync(node, bytes)).JsonAsync(200);
        await WaitAsync(node, governance => governance.Number("decided") == 1);
    }

    [Fact]
    public async Task Of_two_members_one_is_not_enough_what_it_approved_is_shown_and_not_sealed_twice()
    {
        Validator second = new()
        {
            Name = "beta",
            Peer = ReadOnlyMemory<byte>.Empty,
            VoteKey = SigningKey.FromSeed(TestNetwork.Seed(61)).PublicKey,
            Power = 1,
            Stream = new StreamId(Digest.Of("beta"u8)),
            GovernanceKey = SigningKey.FromSeed(TestNetwork.Seed(62)).PublicKey,
        };

        // Alpha alone settles blocks; both have to approve.
        GenesisDocument genesis = TestNetwork.With(admission => admission, null, second);
        genesis = genesis with
        {
            Configuration = genesis.Configuration with
            {
                Validators = [genesis.Configuration.Validators[0] with { Power = 3 }, second with { Power = 1 }],
            },
        };
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: genesis);
        ProposalFile proposal = ProposalFile.Of(genesis.Chain, 1, Change);
        byte[] signature = SigningKey.FromSeed(TestNetwork.Seed(62))
            .Sign(proposal.SignedBytes, new byte[MlDsa65.RandomizerBytes]);
        proposal = proposal.With(new ChangeApproval(KeyId.Of(second.GovernanceKey.Span), signature));

        await (await PostAsync(node, proposal.Encode())).JsonAsync(200);
        JsonNode shown = await WaitAsync(node, governance => governance["proposals"]!.AsArray().Count == 1);
        JsonNode open = shown["proposals"]![0]!;
        Assert.Equal("[\"beta\"]", open["approvedBy"]!.ToJsonString());
        Assert.Equal("{\"heard\":1,\"needed\":3,\"total\":4}", open["power"]!.ToJsonString());
        Assert.Equal(Convert.ToHexStringLower(Change.Encode()), open.Text("change"));
        JsonNode again = await (await PostAsync(node, proposal.Encode())).JsonAsync(200);
        Assert.Equal(0UL, again.Number("sealed"));
        Assert.Null(again["record"]);

        await (await PostAsync(node, Approved(proposal).Encode())).JsonAsync(200);
        await WaitAsync(
            node, governance => governance.Number("decided") == 1 && governance["proposals"]!.AsArray().Count == 0);
    }

    private static ConfigurationChange Without(string name) => new() { Remove = [name] };

    private static ConfigurationChange Large() => new()
    {
        Invite =
        [
            new AdmittedMember(
                "alpha", [.. Enumerable.Range(0, 1_600).Select(i => new KeyId(Digest.Of(BitConverter.GetBytes(i))))]),
        ],
    };

    private static ProposalFile Approved(ProposalFile proposal) => proposal.With(new ChangeApproval(
        TestNetwork.GovernanceKey.Id,
        TestNetwork.GovernanceKey.Sign(proposal.SignedBytes, new byte[MlDsa65.RandomizerBytes])));

    private static async Task<HttpResponseMessage> PostAsync(
        NodeUnderTest node, byte[] bytes, string mediaType = "application/cbor")
    {
        ByteArrayContent content = new(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        return await node.Http.PostAsync(new Uri("/v1/governance", UriKind.Relative), content);
    }

    private static async Task<JsonNode> WaitAsync(NodeUnderTest node, Func<JsonNode, bool> wanted)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            JsonNode shown = await node.GetAsync("/v1/governance");
            if (wanted(shown))
            {
                return shown;
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), shown.ToJsonString());
            await Task.Delay(20);
        }
    }
}
