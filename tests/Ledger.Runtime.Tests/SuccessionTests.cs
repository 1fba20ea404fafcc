using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Loop;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>
/// More than a third of the validators are gone for good. The others found a new chain upon the last block: log and streams
/// go on, and evidence from before stays good (G11 to G13).
/// </summary>
public sealed class SuccessionTests
{
    private const int Late = 4;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    private readonly VirtualCluster _cluster = new(seed: 81, nodes: 5, validators: 4);
    private readonly Operator _alice = new(100);
    private readonly GenesisDocument _ended;
    private readonly byte[] _before;
    private readonly RecordId _waiting;
    private readonly Header _last;

    public SuccessionTests()
    {
        _ended = _cluster.Genesis;
        for (int node = 0; node < Late; node++)
        {
            _cluster.Nodes[node].Start();
        }

        Settle(0, _alice.Next(300));
        Assert.True(Runs(() => !_cluster.Nodes[0].Head.LastHadContent && HeadOf(0) == HeadOf(1)));
        _before = EvidenceOf(0);
        _cluster.Nodes[2].Crash();
        _cluster.Nodes[3].Crash();
        _waiting = _cluster.Nodes[0].Submit(_alice.Next(1))[0].Receipt!.Id;
        Assert.False(_cluster.RunUntil(() => _cluster.Nodes[0].Chain.Placement(_waiting) is not null, TimeSpan.FromMinutes(2)));
        Assert.True(Runs(() => HeadOf(0) == HeadOf(1)));
        _last = _cluster.Nodes[0].Chain.Header(_cluster.Nodes[0].Chain.Height)!;
    }

    [Fact]
    public void What_waited_settles_under_the_new_chain_and_the_streams_go_on()
    {
        Found();
        Assert.True(Runs(() => Survivors(node => node.Chain.Placement(_waiting) is not null)));
        RecordId next = Settle(1, _alice.Next(2));

        ChainStore chain = _cluster.Nodes[0].Chain;
        Header first = chain.Header(_last.Height.Next)!;
        Assert.Equal((_cluster.Genesis.Chain, _last.Id, Digest.Zero), (first.Chain, first.Previous, first.Commit));
        Assert.Equal(new LogIndex(_last.Size.Value), chain.Placement(_waiting)!.Value.Index);
        Assert.Equal(302UL, chain.Stream(_alice.Stream)!.Seq.Value);
        Assert.Equal(next, chain.Stream(_alice.Stream)!.Head);
    }

    [Fact]
    public void Evidence_from_before_and_from_after_verifies_each_by_its_own_genesis_document()
    {
        Verifies(_before, _ended, 300);
        Found();
        Settle(1, _alice.Next(2));

        Verifies(_before, _ended, 300);
        Verifies(EvidenceOf(1), _cluster.Genesis, 303);
        Assert.NotEqual(
            Verdict.Verified, EvidenceVerifier.Verify(EvidenceOf(1), new TrustFile { Chain = _ended.Chain }).Verdict);
    }

    [Fact]
    public void Who_has_nothing_joins_the_new_chain_and_gets_the_old_one_too()
    {
        Found();
        Settle(1, _alice.Next(2));
        VirtualNode late = _cluster.Nodes[Late];
        late.Start();
        Assert.True(Runs(() => late.Chain.JoinedAt > _last.Height && late.Chain.HeldFrom == new Height(1)));
        for (Height height = new(1); height < late.Chain.Height; height = height.Next)
        {
            Assert.Equal(_cluster.Nodes[0].Chain.Header(height)!.Id, late.Chain.Header(height)!.Id);
        }

        RecordId next = Settle(0, _alice.Next(1));
        Assert.True(Runs(() => late.Chain.Placement(next) is not null));
        Verifies(EvidenceOf(Late), _cluster.Genesis, 304);
    }

    [Fact]
    public void The_new_set_decides_on_and_numbers_on()
    {
        Found();
        Settle(1, _alice.Next(1));
        _cluster.Nodes[Late].Start();
        _ = _cluster.Nodes[0].SealOwn(RecordKind.Governance, Governor.Body(
            _cluster.Genesis.Chain, new ConfigurationChange { Set = [VirtualCluster.ValidatorOf(Late)] }, 2,
            [VirtualCluster.GovernanceKeyOf(0), VirtualCluster.GovernanceKeyOf(1)]));
        Assert.True(Runs(() => _cluster.Nodes[0].Head.Configuration is { Change: 2, Validators.Length: 3 }));
        Assert.True(Runs(() => _cluster.Nodes[Late].Head.Configuration.Change == 2));
        Settle(Late, _alice.Next(1));
        Verifies(EvidenceOf(Late), _cluster.Genesis, 303);
    }

    [Fact]
    public void A_store_goes_over_from_the_block_that_the_document_names_and_from_no_other()
    {
        GenesisDocument sound = Successor(_last);
        Assert.Equal(_last.Height, Adopted(sound).Height);

        Refused("start the node with the old genesis document", sound with { Predecessor = sound.Predecessor! with { Height = _last.Height.Next } });
        Refused("What settled is not taken back", sound with { Predecessor = sound.Predecessor! with { Height = _last.Height.Previous } });
        Refused("What settled is not taken back", sound with { Predecessor = sound.Predecessor! with { Streams = Digest.Of("x"u8) } });
        Refused("What settled is not taken back", sound with { Time = _last.Time });
        Refused("point the node at the right folder", sound with { Predecessor = null });
        Refused("point the node at the right folder", sound with { Predecessor = sound.Predecessor! with { Chain = sound.Chain } });
    }

    private ChainHead Adopted(GenesisDocument genesis) =>
        HeadLoader.Load(new ChainStore(_cluster.Nodes[0].Store.DurableCopy()), genesis);

    private void Refused(string message, GenesisDocument genesis) => Assert.Contains(
        message, Assert.Throws<SuccessionException>(() => Adopted(genesis)).Message, StringComparison.OrdinalIgnoreCase);

    /// <summary>The two that are left start anew with the document that they agreed upon.</summary>
    private void Found()
    {
        _cluster.Nodes[0].Crash();
        _cluster.Nodes[1].Crash();
        _cluster.Genesis = Successor(_last);
        _cluster.Nodes[0].Start();
        _cluster.Nodes[1].Start();
    }

    private GenesisDocument Successor(Header last) => _ended with
    {
        Time = new UnixTime((ulong)(_cluster.Epoch + _cluster.Network.Now).ToUnixTimeMilliseconds()),
        Predecessor = Predecessor.Of(last),
        Configuration = _ended.Configuration with
        {
            Change = 1,
            Validators = [.. Enumerable.Range(0, 2).Select(VirtualCluster.ValidatorOf)],
        },
    };

    private RecordId Settle(int node, byte[][] records)
    {
        RecordId last = _cluster.Nodes[node].Submit(records)[^1].Receipt!.Id;
        Assert.True(Runs(() => _cluster.Nodes[node].Chain.Placement(last) is not null));
        Assert.True(Runs(() => Survivors(one => one.Chain.Placement(last) is not null)));
        return last;
    }

    private BlockId HeadOf(int node) => _cluster.Nodes[node].Head.Block;

    private bool Survivors(Func<VirtualNode, bool> holds) => _cluster.Nodes.Take(2).All(holds);

    private bool Runs(Func<bool> holds) => _cluster.RunUntil(holds, Soon);

    private byte[] EvidenceOf(int node) => EvidenceWriter.Encode(
        new EvidenceBuilder(_cluster.Nodes[node].Chain, new NoAnchors()).ForStream(_alice.Stream)!);

    private static void Verifies(byte[] evidence, GenesisDocument genesis, int records)
    {
        Verification verification = EvidenceVerifier.Verify(evidence, new TrustFile { Chain = genesis.Chain });
        Assert.True(verification.Verdict == Verdict.Verified, VerdictJson.FirstLine(verification));
        Assert.Equal(genesis.Chain, verification.Settled!.Chain);
        Assert.True(EvidenceParser.TryParse(evidence, out EvidenceFile file, out _));
        Assert.Equal(records, file.Records.Length);
    }
}
