using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Runtime;
using Ledger.Runtime.Ports;

namespace Ledger.TestKit.Simulation;

/// <summary>
/// Validators of one network in one thread and in virtual time. The same seed gives the same run.
/// </summary>
public sealed class VirtualCluster : IVirtualWorld
{
    private readonly List<VirtualNode> _nodes = [];

    /// <param name="validators">Numbers of nodes that vote; further ones follow.</param>
    /// <param name="bitcoin">Where the first node anchors, given what the clocks show; null for nowhere.</param>
    public VirtualCluster(
        int seed, int nodes, int? validators = null, LinkQuality? quality = null, Parameters? parameters = null,
        Func<Func<DateTimeOffset>, IBitcoin>? bitcoin = null)
    {
        Seed = seed;
        Network = new VirtualNetwork(
            seed, quality ?? new LinkQuality(), (from, to, bytes) => _nodes[to].Receive(from, bytes));
        Genesis = TestNetwork.With(admission => admission, parameters) with
        {
            Name = "cluster",
            Configuration = TestNetwork.Genesis.Configuration with
            {
                Validators = [.. Enumerable.Range(0, validators ?? nodes).Select(ValidatorOf)],
                Parameters = parameters ?? new Parameters(),
            },
        };
        for (int i = 0; i < nodes; i++)
        {
            IBitcoin? anchorsIn = i == 0 ? bitcoin?.Invoke(() => Epoch + Network.Now) : null;
            _nodes.Add(new VirtualNode(this, i) { Bitcoin = anchorsIn });
        }
    }

    public int Seed { get; }

    int IVirtualWorld.Nodes => _nodes.Count;

    /// <summary>What nodes are started with.</summary>
    public GenesisDocument Genesis { get; set; }

    /// <summary>From how many blocks on a late node begins with a snapshot; null for never.</summary>
    public int? SnapshotBlocks { get; set; }

    /// <summary>What a packet from one node to another is turned into on its way; null for what it is.</summary>
    public Func<int, int, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? Tampers { get; set; }

    public VirtualNetwork Network { get; }

    public IReadOnlyList<VirtualNode> Nodes => _nodes;

    /// <summary>A few seconds after the genesis document was made.</summary>
    public DateTimeOffset Epoch => DateTimeOffset.FromUnixTimeMilliseconds((long)Genesis.Time.Milliseconds + 5_000);

    public static SigningKey VoteKeyOf(int node) => Keys.Of(1_000 + node);

    public static SigningKey GovernanceKeyOf(int node) => Keys.Of(3_000 + node);

    /// <summary>Kept beside the first, to be put into force by a change.</summary>
    public static SigningKey NextVoteKeyOf(int node) => Keys.Of(4_000 + node);

    public void Start() => _nodes.ForEach(node => node.Start());

    /// <summary>Lets virtual time pass until something holds; false if it does not in that time.</summary>
    public bool RunUntil(Func<bool> holds, TimeSpan within)
    {
        TimeSpan end = Network.Now + within;
        while (!holds())
        {
            if (Network.Now >= end)
            {
                return false;
            }

            Network.RunUntil(Network.Now + TimeSpan.FromMilliseconds(10));
        }

        return true;
    }

    TimeSpan IVirtualWorld.Now => Network.Now;

    int IVirtualWorld.SeedOf(int node) => Seed + node;

    void IVirtualWorld.After(TimeSpan delay, Action action) => Network.After(delay, action);

    void IVirtualWorld.Send(int from, int to, ReadOnlyMemory<byte> bytes) => 
        Network.Send(from, to, Tampers?.Invoke(from, to, bytes) ?? bytes);

    bool IVirtualWorld.Connects(int from, int to) => Network.Connects(from, to);

    public NodeSettings SettingsOf(int node) => new()
    {
        VoteKey = VoteKeyOf(node),
        NextVoteKey = NextVoteKeyOf(node),
        StreamKey = Keys.Of(2_000 + node),
        Name = $"node{node}",
        SnapshotBlocks = SnapshotBlocks,
    };

    /// <summary>The seat of a node, whether it has one or not.</summary>
    public static Validator ValidatorOf(int node) => new()
    {
        Name = $"node{node}",
        Peer = VirtualPeers.BytesOf(node),
        VoteKey = VoteKeyOf(node).PublicKey,
        Power = 1,
        Stream = new StreamId(Keys.Of(2_000 + node).Id.Value),
        GovernanceKey = GovernanceKeyOf(node).PublicKey,
    };

    private static class Keys
    {
        private static readonly Dictionary<int, SigningKey> Made = [];

        public static SigningKey Of(int number)
        {
            lock (Made)
            {
                return Made.TryGetValue(number, out SigningKey? key)
                    ? key
                    : Made[number] = SigningKey.FromSeed(TestNetwork.Seed(number));
            }
        }
    }
}
