using System.Buffers.Binary;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>
/// One node among four validators, of whom a test plays the other three: it says what they say and answers what they are
/// asked. On virtual time, with real signatures.
/// </summary>
internal sealed class OneAmongLiars : IVirtualWorld
{
    private const int Self = 1;
    private readonly VirtualNetwork _network;

    public OneAmongLiars(Func<Admission, Admission> admission, LoopRules rules)
    {
        _network = new VirtualNetwork(seed: 81, new LinkQuality(), Receive);
        GenesisDocument open = TestNetwork.With(admission);
        Genesis = open with
        {
            Configuration = open.Configuration with
            {
                Validators = [.. Enumerable.Range(0, 4).Select(VirtualCluster.ValidatorOf)],
            },
        };
        Node = new VirtualNode(this, Self) { Rules = rules };
        Node.Start();
        Pass(TimeSpan.FromSeconds(5));
    }

    public VirtualNode Node { get; }

    /// <summary>What each of the three answers; null for nothing.</summary>
    public Func<Question, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> Answer { get; set; } = (_, _) => null;

    public GenesisDocument Genesis { get; }

    public DateTimeOffset Epoch => DateTimeOffset.FromUnixTimeMilliseconds((long)Genesis.Time.Milliseconds + 5_000);

    public TimeSpan Now => _network.Now;

    int IVirtualWorld.Nodes => 4;

    public void Pass(TimeSpan time) => _network.RunUntil(Now + time);

    /// <summary>Shares a record with the node, as a peer does.</summary>
    public void Share(ReadOnlySpan<byte> record) =>
        _network.Send(0, Self, (byte[])[(byte)Envelope.Record, .. record]);

    /// <summary>Validator 0, whose turn the first round is, proposes a block of these records.</summary>
    public void Propose(BlockBody body)
    {
        SigningKey key = VirtualCluster.VoteKeyOf(0);
        Header header = new()
        {
            Chain = Genesis.Chain,
            Height = new Height(1),
            Time = new UnixTime((ulong)(Epoch + Now).ToUnixTimeMilliseconds()),
            Previous = new BlockId(Digest.Zero),
            Commit = Digest.Zero,
            Proposer = key.Id,
            Validators = Genesis.Configuration.Digest,
            Next = Genesis.Configuration.Digest,
            Size = new TreeSize((ulong)body.Records.Length),
            Root = Digest.Of("a root"u8),
            Streams = Digest.Of("a map"u8),
            Body = body.Digest,
        };
        ProposedBlock block = new(header, new BlockParts(body, null));
        byte[] signed = SignBytes.Proposal(Genesis.Chain, header.Height, Round.Zero, null, header.Id);
        SignedProposal proposal = new(
            new Proposal(header.Height, Round.Zero, null, header.Id), new ValidatorIndex(0), header.Time,
            key.Sign(signed, new byte[MlDsa65.RandomizerBytes]));
        Func<Question, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> other = Answer;
        Answer = (question, content) => question == Question.Proposal ? block.Encode() : other(question, content);
        _network.Send(
            0, Self, (byte[])[(byte)Envelope.Message, .. ConsensusMessage.Of(proposal, block).Encode()]);
    }

    /// <summary>Rows and bytes of every table but the node's own votes.</summary>
    public (long Rows, long Bytes) Held()
    {
        long rows = 0, bytes = 0;
        foreach (Table table in Enum.GetValues<Table>().Where(table => table != Table.Journal))
        {
            foreach ((byte[] key, byte[] value) in Node.Store.Scan(table, [], null))
            {
                rows++;
                bytes += key.Length + value.Length;
            }
        }

        return (rows, bytes);
    }

    NodeSettings IVirtualWorld.SettingsOf(int node) => new()
    {
        VoteKey = VirtualCluster.VoteKeyOf(node),
        StreamKey = null,
        Name = $"node{node}",
    };

    int IVirtualWorld.SeedOf(int node) => 81 + node;

    void IVirtualWorld.After(TimeSpan delay, Action action) => _network.After(delay, action);

    void IVirtualWorld.Send(int from, int to, ReadOnlyMemory<byte> bytes) => _network.Send(from, to, bytes);

    bool IVirtualWorld.Connects(int from, int to) => true;

    private void Receive(int from, int to, ReadOnlyMemory<byte> bytes)
    {
        if (to == Self)
        {
            Node.Receive(from, bytes);
        }
        else if (bytes.Span[0] == (byte)Envelope.Question)
        {
            ulong number = BinaryPrimitives.ReadUInt64BigEndian(bytes.Span[1..]);
            byte kind = bytes.Span[9];
            byte[] head = new byte[9];
            ReadOnlyMemory<byte>? answer = Answer((Question)kind, bytes[10..]);
            head[0] = (byte)(answer is null ? Envelope.NoAnswer : Envelope.Answer);
            BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(1), number);
            _network.Send(to, from, answer is { } given ? (byte[])[.. head, kind, .. given.Span] : head);
        }
    }
}
