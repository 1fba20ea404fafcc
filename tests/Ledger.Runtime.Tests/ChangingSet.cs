using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Peers;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Commit = Ledger.Core.Chain.Commit;
using Validator = Ledger.Core.Chain.Validator;

namespace Ledger.Runtime.Tests;

/// <summary>
/// Four become five and six, one of them is attacked and takes another key, and four are left, two of them new: while
/// records are sealed all the time, at every node.
/// </summary>
internal sealed class ChangingSet(int seed, TimeSpan every)
{
    private const int Streams = 6;
    private const int Attacked = 2;
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    private readonly VirtualCluster _cluster = new(seed, nodes: 6, validators: 4);
    private readonly Operator[] _operators =
        [.. Enumerable.Range(0, Streams).Select(number => new Operator(800 + number))];

    private readonly List<(int Stream, RecordId Id)> _sealed = [];
    private readonly List<byte[]> _files = [];
    private bool _loads = true;

    /// <summary>Sealed by the operators, governance records not counted.</summary>
    public int Records => _sealed.Count;

    /// <summary>Files of evidence that were made on the way and at the end.</summary>
    public int Files => _files.Count;

    public Height Height => _cluster.Nodes[0].Head.Height;

    public void ChangeFiveTimes()
    {
        _cluster.Start();
        _cluster.Network.Every(TimeSpan.FromSeconds(1), every, Load);
        Settle();
        Change(new ConfigurationChange { Set = [VirtualCluster.ValidatorOf(4)] }, 0, 1, 2);
        Change(new ConfigurationChange { Set = [VirtualCluster.ValidatorOf(5)] }, 0, 1, 2, 4);
        Change(new ConfigurationChange { Remove = ["node3"] }, 0, 1, 2, 4, 5);
        Height attackedAt = Attack();
        Change(new ConfigurationChange { Set = [Rekeyed(Attacked)] }, 0, 1, 4, 5);
        AssertShown(attackedAt);
        Change(new ConfigurationChange { Remove = ["node1"] }, 0, 2, 4, 5);
        _loads = false;
        Settle();

        Assert.Equal(
            ["node0", "node2", "node4", "node5"],
            _cluster.Nodes[0].Head.Configuration.Validators.Select(validator => validator.Name));
        Assert.Equal(5UL, _cluster.Nodes[0].Head.Configuration.Change);
        Assert.All(_cluster.Nodes, AssertNothingLost);
        AssertVerifies();
        AssertStolenKeyCountsNoMore();
    }

    /// <summary>A record of each stream, at one node after the other.</summary>
    private void Load()
    {
        for (int stream = 0; _loads && stream < Streams; stream++)
        {
            SubmissionOutcome outcome =
                _cluster.Nodes[(_sealed.Count + stream) % 6].Submit(_operators[stream].Next())[0];
            Assert.Null(outcome.Refusal);
            _sealed.Add((stream, outcome.Receipt!.Id));
        }
    }

    /// <summary>
    /// A thief has the member's vote key and votes twice with it; two peers and the member hear nothing of each other;
    /// and whatever reaches it is drowned in records of strangers and in noise.
    /// </summary>
    /// <returns>Where the thief voted.</returns>
    private Height Attack()
    {
        LinkQuality cut = new() { Loss = 1 };
        foreach (int other in (int[])[0, 4])
        {
            _cluster.Network.SetLink(Attacked, other, cut);
            _cluster.Network.SetLink(other, Attacked, cut);
        }

        byte[] stranger = new Operator(900).WithGap();
        byte[] noise = [(byte)Envelope.Message, .. stranger];
        _cluster.Network.Every(TimeSpan.Zero, TimeSpan.FromMilliseconds(200), () =>
        {
            _cluster.Network.Send(5, Attacked, (byte[])[(byte)Envelope.Record, .. stranger]);
            _cluster.Network.Send(5, Attacked, noise);
        });

        Height height = _cluster.Nodes[0].Head.Height.Next.Next;
        VirtualPeers thief = new(
            Attacked, 6, (to, bytes) => _cluster.Network.Send(1, to, bytes), _cluster.Network.After, _ => true);
        foreach (BlockId? block in new BlockId?[] { null, new BlockId(Digest.Of("a block"u8)) })
        {
            thief.Say(Prevote(height, block));
        }

        return height;
    }

    /// <summary>Signed with the key that the member has before it takes another.</summary>
    private byte[] Prevote(Height height, BlockId? block)
    {
        // The third of the five that vote then.
        byte[] signed = SignBytes.Vote(_cluster.Genesis.Chain, height, Round.Zero, VoteStep.Prevote, block);
        SignedVote vote = new(
            new Vote(height, Round.Zero, VoteStep.Prevote, block), new ValidatorIndex(2),
            VirtualCluster.VoteKeyOf(Attacked).Sign(signed, new byte[MlDsa65.RandomizerBytes]));
        return ConsensusMessage.Of(vote).Encode();
    }

    private void Change(ConfigurationChange change, params int[] approvers)
    {
        ulong at = _cluster.Nodes[0].Head.Upcoming.Change + 1;
        _ = _cluster.Nodes[0].SealOwn(
            RecordKind.Governance,
            Governor.Body(_cluster.Genesis.Chain, change, at, approvers.Select(VirtualCluster.GovernanceKeyOf)));
        Assert.True(
            _cluster.RunUntil(() => _cluster.Nodes.All(node => node.Head.Upcoming.Change == at), Soon),
            $"change {at} is not decided");
        Keep(_sealed[^1].Id);
        Assert.True(
            _cluster.RunUntil(() => _cluster.Nodes.All(node => node.Head.Configuration.Change == at), Soon),
            $"change {at} is not in force");
        Settle();
    }

    /// <summary>Whatever was sealed up to now is settled everywhere, and the files of the newest kept.</summary>
    private void Settle()
    {
        Assert.True(_cluster.RunUntil(() => _sealed.Count >= Streams, Soon));
        RecordId[] newest = [.. _sealed.TakeLast(Streams).Select(one => one.Id)];
        Assert.True(
            _cluster.RunUntil(() => _cluster.Nodes.All(node => newest.All(id => Holds(node, id))), Soon),
            "what was sealed does not settle");
        Keep(newest[0]);
    }

    private void Keep(RecordId id)
    {
        foreach (VirtualNode node in _cluster.Nodes.Where(node => Holds(node, id)))
        {
            _files.Add(EvidenceWriter.Encode(Builder(node).ForRecord(id)!));
        }
    }

    private void AssertNothingLost(VirtualNode node)
    {
        ulong[] seqs = new ulong[Streams];
        ulong[] last = new ulong[Streams];
        foreach ((int stream, RecordId id) in _sealed)
        {
            Assert.Equal(id, node.Chain.RecordAt(_operators[stream].Stream, new Sequence(seqs[stream]++)));
            ulong index = node.Chain.Placement(id)!.Value.Index.Value;
            Assert.True(index >= last[stream], $"node {node.Index}: {id} stands before the record before it");
            last[stream] = index;
        }
    }

    /// <summary>What was made on the way, and what every node makes now of a first, a middle and the last one.</summary>
    private void AssertVerifies()
    {
        Assert.True(_files.Count >= 7 * _cluster.Nodes.Count, $"{_files.Count} files");
        foreach (VirtualNode node in _cluster.Nodes)
        {
            foreach (int at in (int[])[0, _sealed.Count / 2, _sealed.Count - 1])
            {
                _files.Add(EvidenceWriter.Encode(Builder(node).ForRecord(_sealed[at].Id)!));
            }
        }

        TrustFile trust = new() { Chain = _cluster.Genesis.Chain };
        foreach (byte[] file in _files)
        {
            Verification found = EvidenceVerifier.Verify(file, trust);
            Assert.True(found.Verdict == Verdict.Verified, VerdictJson.FirstLine(found));
            Assert.NotNull(found.Settled);
        }

        Verification newest = EvidenceVerifier.Verify(_files[^1], trust);
        Assert.Contains(newest.Layers, layer => layer.Text.Contains("each of the 5 changes", StringComparison.Ordinal));
    }

    /// <summary>A last commit with the member's new key is sound, and with the stolen one it is not.</summary>
    private void AssertStolenKeyCountsNoMore()
    {
        EvidenceFile file = Builder(_cluster.Nodes[0]).ForRecord(_sealed[^1].Id)!;
        Checkpoint checkpoint = file.Chain!.Checkpoints[0];
        Assert.True(Header.TryParse(checkpoint.Header.Span, out Header header, out _));
        Assert.Equal((Verdict.Verified, null), Judge(Signed(VirtualCluster.NextVoteKeyOf(Attacked))));
        Assert.Equal((Verdict.Invalid, Layer.Quorum), Judge(Signed(VirtualCluster.VoteKeyOf(Attacked))));

        Commit Signed(SigningKey attacked)
        {
            byte[] signed = SignBytes.Vote(header.Chain, header.Height, Round.Zero, VoteStep.Precommit, header.Id);
            SigningKey[] voters = [VirtualCluster.VoteKeyOf(0), attacked, VirtualCluster.VoteKeyOf(4)];
            return new Commit(
                header.Height, Round.Zero, header.Id,
                [.. voters.Select((key, place) =>
                    new CommitVote(place, key.Sign(signed, new byte[MlDsa65.RandomizerBytes])))]);
        }

        (Verdict, Layer?) Judge(Commit commit)
        {
            ImmutableArray<Checkpoint> checkpoints = [checkpoint with { Commit = commit.Encode() }];
            Verification found = EvidenceVerifier.Verify(
                EvidenceWriter.Encode(file with { Chain = file.Chain with { Checkpoints = checkpoints } }),
                TrustFile.Empty);
            return (found.Verdict, found.Layer);
        }
    }

    /// <summary>That somebody voted twice with the member's key stands in a block, for everybody.</summary>
    private void AssertShown(Height attackedAt)
    {
        Assert.True(_cluster.RunUntil(() => Shown().Any(), Soon), "nobody shows the double vote");
        MisbehaviourFile file = Shown().First();
        Assert.Equal(VirtualCluster.VoteKeyOf(Attacked).Id, file.Signer);
        Assert.Equal(attackedAt, MisbehaviourFile.Read(file.First).Height);
        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(file.Encode(), TrustFile.Empty).Verdict);

        IEnumerable<MisbehaviourFile> Shown()
        {
            VirtualNode node = _cluster.Nodes[4];
            for (Height height = attackedAt; height <= node.Head.Height; height = height.Next)
            {
                foreach (ReadOnlyMemory<byte> bytes in node.Chain.Block(height)!.Body.Misbehaviour)
                {
                    Assert.True(MisbehaviourFile.TryParse(bytes, out MisbehaviourFile parsed, out _));
                    yield return parsed;
                }
            }
        }
    }

    private EvidenceBuilder Builder(VirtualNode node) => new(node.Chain, new NoAnchors());

    private static Validator Rekeyed(int node) =>
        VirtualCluster.ValidatorOf(node) with { VoteKey = VirtualCluster.NextVoteKeyOf(node).PublicKey };

    private static bool Holds(VirtualNode node, RecordId id) => node.Chain.Placement(id) is not null;
}
