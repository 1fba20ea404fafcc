using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Evidence;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>A stranger gets from the genesis document to validators of later with what the file holds.</summary>
public sealed class WalkTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly VirtualCluster _cluster = new(seed: 31, nodes: 5, validators: 4);
    private readonly EvidenceBuilder _builder;
    private readonly List<RecordId> _records = [];
    private readonly List<byte[]> _files = [];

    /// <summary>A record, a change, a record, and so on: added, removed, re-keyed, back, invited, and other parameters.</summary>
    public WalkTests()
    {
        _cluster.Start();
        _builder = new EvidenceBuilder(_cluster.Nodes[0].Chain, new NoAnchors());
        Settle();
        Change(new ConfigurationChange { Set = [VirtualCluster.ValidatorOf(4)] }, 0, 1, 2);
        Change(new ConfigurationChange { Remove = ["node3"] }, 0, 1, 2, 4);
        Change(new ConfigurationChange { Set = [Rekeyed(2)] }, 0, 1, 2);
        Change(new ConfigurationChange { Invite = [new AdmittedMember("node0", [new KeyId(Digest.Of([1]))])] }, 0, 1, 2);
        Change(new ConfigurationChange { Parameters = new Parameters { BlockRecords = 7 } }, 0, 1, 2);
        Change(new ConfigurationChange { Set = [VirtualCluster.ValidatorOf(3)], Remove = ["node4"] }, 0, 1, 2);
    }

    [Fact]
    public void Evidence_from_before_between_and_after_changes_verifies_from_the_genesis_document()
    {
        Assert.Equal(7, _files.Count);
        foreach (byte[] file in _files.Concat(_records.Select(id => EvidenceWriter.Encode(_builder.ForRecord(id)!))))
        {
            Verification found = EvidenceVerifier.Verify(file, new TrustFile { Chain = _cluster.Genesis.Chain });
            Assert.True(found.Verdict == Verdict.Verified, VerdictJson.FirstLine(found));
        }
    }

    /// <summary>Four changes of voters and, between them, what the other changes come to: one step, not one each.</summary>
    [Fact]
    public void A_walk_has_a_step_for_each_change_of_voters_and_tells_how_many()
    {
        EvidenceFile file = _builder.ForRecord(_records[^1])!;
        Assert.Equal(5, file.Chain!.Walk.Length);
        Assert.Equal(4, file.Chain.Walk.Count(step => !step.Header.IsEmpty));
        Verification found = EvidenceVerifier.Verify(EvidenceWriter.Encode(file), TrustFile.Empty);
        Assert.Contains(found.Layers, layer => layer.Text.Contains("each of the 4 changes", StringComparison.Ordinal));
        Assert.True(EvidenceParser.TryParse(_files[0], out EvidenceFile first, out _));
        Assert.Empty(first.Chain!.Walk);
    }

    public static TheoryData<string> Broken() =>
    [
        "a step is missing", "the last step is missing", "two steps in the other order", "a step twice",
        "nobody says that it is the next", "a commit of other validators", "a configuration that nobody named",
        "signed by those who left",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_walk_that_does_not_hold_is_invalid_by_the_quorum(string what)
    {
        EvidenceFile file = _builder.ForRecord(_records[^1])!;
        ImmutableArray<WalkStep> walk = file.Chain!.Walk;
        Assert.Equal(Verdict.Verified, Verify(file, walk).Verdict);
        Verification found = what switch
        {
            "a step is missing" => Verify(file, walk.RemoveAt(1)),
            "the last step is missing" => Verify(file, walk.RemoveAt(walk.Length - 1)),
            "two steps in the other order" => Verify(file, [walk[1], walk[0], .. walk[2..]]),
            "a step twice" => Verify(file, walk.Insert(1, walk[0])),
            "nobody says that it is the next" => Verify(file, walk.SetItem(0, new WalkStep(walk[0].Configuration))),
            "a commit of other validators" => Verify(file, walk.SetItem(0, walk[0] with { Commit = walk[1].Commit })),
            "a configuration that nobody named" =>
                Verify(file, walk.SetItem(0, walk[0] with { Configuration = walk[1].Configuration })),
            _ => Verify(Older(file, walk), walk),
        };
        Assert.Equal((Verdict.Invalid, Layer.Quorum, 0), (found.Verdict, found.Layer, found.Index));
    }

    /// <summary>A block under the first validators, in a file that shows that others had followed them by then.</summary>
    private static EvidenceFile Older(EvidenceFile file, ImmutableArray<WalkStep> walk)
    {
        Assert.True(Header.TryParse(walk[0].Header.Span, out Header old, out _));
        Assert.True(Header.TryParse(file.Chain!.Checkpoints[0].Header.Span, out Header newest, out _));
        Header late = newest with { Validators = old.Validators, Next = old.Validators };
        Commit commit = Sign(late);
        return file with
        {
            Chain = file.Chain! with
            {
                Checkpoints = [new Checkpoint(default, [], commit.Encode(), late.Encode(), null)],
            },
        };
    }

    private static Verification Verify(EvidenceFile file, ImmutableArray<WalkStep> walk) => EvidenceVerifier.Verify(
        EvidenceWriter.Encode(file with { Chain = file.Chain! with { Walk = walk } }), TrustFile.Empty);

    private static Validator Rekeyed(int node) =>
        VirtualCluster.ValidatorOf(node) with { VoteKey = VirtualCluster.NextVoteKeyOf(node).PublicKey };

    private void Change(ConfigurationChange change, params int[] approvers)
    {
        ulong at = _cluster.Nodes[0].Head.Upcoming.Change + 1;
        _ = _cluster.Nodes[0].SealOwn(
            RecordKind.Governance,
            Governor.Body(_cluster.Genesis.Chain, change, at, approvers.Select(VirtualCluster.GovernanceKeyOf)));
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(node => node.Head.Configuration.Change == at), Soon));
        Settle();
    }

    /// <summary>A record, and its file as it is at this moment.</summary>
    private void Settle()
    {
        RecordId id = _cluster.Nodes[0].Submit(new Operator(500 + _records.Count).Next())[0].Receipt!.Id;
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(node => node.Chain.Placement(id) is not null), Soon));
        _records.Add(id);
        _files.Add(EvidenceWriter.Encode(_builder.ForRecord(id)!));
    }

    /// <summary>As one who has got hold of the first validators' keys signs.</summary>
    private static Commit Sign(Header header)
    {
        byte[] signed = SignBytes.Vote(header.Chain, header.Height, Round.Zero, VoteStep.Precommit, header.Id);
        return new Commit(
            header.Height, Round.Zero, header.Id,
            [.. Enumerable.Range(0, 4).Select(node => new CommitVote(
                node, VirtualCluster.VoteKeyOf(node).Sign(signed, new byte[MlDsa65.RandomizerBytes])))]);
    }
}
