using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Evidence;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>
/// A chain of four validators that anchors; a year later all four have other vote keys. A thief holds every key of before
/// and what their disks held then, turns his clocks back, and goes on from there: real nodes, real signatures, another
/// history, in a Bitcoin network of his own.
/// </summary>
public sealed class ForkedYear
{
    private const int Seed = 71;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly Parameters Parameters = new() { AnchorBlocks = 2, AnchorMinutes = 1 };

    /// <param name="bitcoin">Opens the network that everybody knows, given the clock.</param>
    /// <param name="thiefs">Opens one that nobody else knows, given the thief's clock.</param>
    public ForkedYear(
        Func<Func<DateTimeOffset>, IMinedBitcoin> bitcoin, Func<Func<DateTimeOffset>, IMinedBitcoin> thiefs)
    {
        Chain = Cluster(clock => True = bitcoin(clock));
        Chain.Start();
        Anchor(Chain, True, Settle(Chain, 100));
        MemoryStore[] then = [.. Chain.Nodes.Select(node => node.Store.Copy())];
        TimeSpan parting = Chain.Network.Now;

        RecordId old = Settle(Chain, 101);
        Anchor(Chain, True, old);
        Honest = FileOf(Chain, old);
        PassAYear();
        Rekey();
        RecordId now = Settle(Chain, 102);
        Anchor(Chain, True, now);
        HonestToday = FileOf(Chain, now);

        VirtualCluster fork = Cluster(clock => Thiefs = thiefs(clock));
        fork.Network.RunUntil(parting);
        for (int i = 0; i < then.Length; i++)
        {
            fork.Nodes[i].RestoreAndStart(then[i]);
        }

        RecordId backdated = Settle(fork, 666);
        Settled = FileOf(fork, backdated);
        Anchor(fork, Thiefs, backdated);
        Forged = FileOf(fork, backdated);
    }

    public VirtualCluster Chain { get; }

    public IMinedBitcoin True { get; private set; } = null!;

    public IMinedBitcoin Thiefs { get; private set; } = null!;

    /// <summary>A record of that year, anchored in that year.</summary>
    public EvidenceFile Honest { get; }

    /// <summary>A record that settled under the validators' new keys.</summary>
    public EvidenceFile HonestToday { get; }

    /// <summary>The record that the thief slipped into that year, before he anchored it.</summary>
    public EvidenceFile Settled { get; }

    /// <summary>The same once it is anchored in his own Bitcoin.</summary>
    public EvidenceFile Forged { get; }

    /// <summary>What a relying party holds true: which chain, and that it anchors on this network.</summary>
    public TrustFile Trust => new()
    {
        Chain = Chain.Genesis.Chain,
        Bitcoin = new BitcoinPin(True.Network, 0, ReadOnlyMemory<byte>.Empty, 0),
    };

    /// <summary>The same, by one who has the headers of Bitcoin's best chain.</summary>
    public TrustFile TrustWithHeaders => Trust with { Headers = Read(True.Headers) };

    /// <summary>A run of regtest's headers.</summary>
    public static HeaderChain Read(byte[] headers) =>
        HeaderChain.TryParse(headers, BitcoinNetwork.Regtest, out HeaderChain? chain, out SpvError error)
            ? chain
            : throw new InvalidOperationException($"No run of headers: {error}.");

    /// <summary>
    /// The thief puts the block that covers his record into everybody's Bitcoin after all, today; the file that this gives.
    /// </summary>
    public async Task<EvidenceFile> AnchorForgedTodayAsync()
    {
        Checkpoint checkpoint = Forged.Chain!.Checkpoints[0];
        BlockId block = new(Digest.Of(checkpoint.Next.Span));
        var transaction = await True.BuildAsync(block, default).ConfigureAwait(false);
        await True.SendAsync(transaction, default).ConfigureAwait(false);
        True.Mine();
        (_, _, Digest? holder) = await True.StatusAsync(transaction.Id, default).ConfigureAwait(false);
        var proof = await True.ProofAsync(block, transaction.Id, holder!.Value, default).ConfigureAwait(false);
        BitcoinEvidence bitcoin = new(
            transaction.Stripped, proof.Index, proof.Branch, proof.Header, proof.Height, True.Network);
        return With(Forged, checkpoint with { Bitcoin = bitcoin });
    }

    public static EvidenceFile With(EvidenceFile file, Checkpoint checkpoint) =>
        file with { Chain = file.Chain! with { Checkpoints = [checkpoint] } };

    private static VirtualCluster Cluster(Func<Func<DateTimeOffset>, IMinedBitcoin> open) =>
        new(Seed, nodes: 4, parameters: Parameters, bitcoin: open);

    private static RecordId Settle(VirtualCluster cluster, int operatorSeed)
    {
        RecordId id = cluster.Nodes[0].Submit(new Operator(operatorSeed).Next())[0].Receipt!.Id;
        Wait(cluster, () => cluster.Nodes.All(node => node.Chain.Placement(id) is not null), "settles");
        return id;
    }

    private static void Anchor(VirtualCluster cluster, IMinedBitcoin bitcoin, RecordId id)
    {
        VirtualNode node = cluster.Nodes[0];
        LogIndex index = node.Chain.Placement(id)!.Value.Index;
        for (int block = 0; block < 60 && node.Anchors.Covering(index) is null; block++)
        {
            cluster.Network.RunUntil(cluster.Network.Now + Minute / 2);
            bitcoin.Mine();
        }

        Wait(cluster, () => node.Anchors.Covering(index) is not null, "is anchored");
    }

    /// <summary>Nobody's node runs, and a block of Bitcoin is found each week.</summary>
    private void PassAYear()
    {
        foreach (VirtualNode node in Chain.Nodes)
        {
            node.Crash();
        }

        for (int week = 0; week < 53; week++)
        {
            Chain.Network.RunUntil(Chain.Network.Now + TimeSpan.FromDays(7));
            True.Mine();
        }

        foreach (VirtualNode node in Chain.Nodes)
        {
            node.Start();
        }
    }

    private void Rekey()
    {
        ConfigurationChange change = new()
        {
            Set =
            [
                .. Enumerable.Range(0, 4).Select(node => VirtualCluster.ValidatorOf(node) with
                {
                    VoteKey = VirtualCluster.NextVoteKeyOf(node).PublicKey,
                }),
            ],
        };
        _ = Chain.Nodes[0].SealOwn(
            RecordKind.Governance,
            Governor.Body(Chain.Genesis.Chain, change, 1, Enumerable.Range(0, 3).Select(VirtualCluster.GovernanceKeyOf)));
        Wait(Chain, () => Chain.Nodes.All(node => node.Head.Configuration.Change == 1), "is re-keyed");
    }

    private static EvidenceFile FileOf(VirtualCluster cluster, RecordId id) =>
        new EvidenceBuilder(cluster.Nodes[0].Chain, cluster.Nodes[0].Anchors).ForRecord(id)
        ?? throw new InvalidOperationException($"Record {id} has not settled.");

    private static void Wait(VirtualCluster cluster, Func<bool> holds, string what)
    {
        if (!cluster.RunUntil(holds, TimeSpan.FromMinutes(10)))
        {
            throw new InvalidOperationException(
                $"Within ten minutes nothing {what}: {(cluster.Nodes[0].Anchors as AnchorDriver)?.Problem}");
        }
    }
}
