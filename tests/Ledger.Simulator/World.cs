using System.Runtime.CompilerServices;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Simulator;

/// <summary>Virtual time, the network, the blocks and the count of everything that went wrong.</summary>
internal sealed class World
{
    /// <summary>The clocks at the beginning, in milliseconds.</summary>
    public const long EpochMs = 1_000_000;

    /// <summary>A network without faults takes this long at most.</summary>
    private const int CalmDelayMsMax = 40;

    private static readonly ChainId Chain = new(Digest.Of("simulated chain"u8));

    private readonly PriorityQueue<Action, (long Time, ulong Order)> _queue = new();
    private readonly Dictionary<BlockId, SimulatedBlock> _blocks = [];
    private readonly Dictionary<object, int> _authors = new(ReferenceEqualityComparer.Instance);
    private readonly long[] _faults = new long[Enum.GetValues<Fault>().Length];
    private readonly long[,] _latestOnLink;
    private ulong _order;
    private Func<int, int, bool> _connected = (_, _) => true;
    private Func<int, int, Wire, bool> _starved = (_, _, _) => false;

    public World(Plan plan)
    {
        Plan = plan;
        Random = plan.Random.Fork();
        _latestOnLink = new long[plan.Nodes, plan.Nodes];
    }

    public Plan Plan { get; }

    public SeededRandom Random { get; }

    public long NowMs { get; private set; }

    /// <summary>The node that the adversary works on at present.</summary>
    public int? Victim { get; set; }

    /// <summary>What it wants.</summary>
    public Aim Aim { get; set; }

    /// <summary>Told when a node decides.</summary>
    public Action<int> Decided { get; set; } = _ => { };

    public bool Chaos => NowMs < Plan.ChaosEndMs;

    public SortedDictionary<Fault, long> Faults =>
        new(Enum.GetValues<Fault>().Where(fault => _faults[(int)fault] > 0)
            .ToDictionary(fault => fault, fault => _faults[(int)fault]));

    public List<string> Transcript { get; } = [];

    public bool KeepTranscript { get; set; }

    public Action<int, int, Wire> Deliver { get; set; } = (_, _, _) => { };

    public void Count(Fault fault) => _faults[(int)fault]++;

    public void Say(int node, [InterpolatedStringHandlerArgument("")] ref LazyText text)
    {
        if (KeepTranscript)
        {
            Transcript.Add(Plan.Scripted ? $"n{node} {text.Take()}" : $"{NowMs,6} n{node} {text.Take()}");
        }
    }

    public void After(long delayMs, Action action) => _queue.Enqueue(action, (NowMs + delayMs, _order++));

    public bool RunNext()
    {
        if (!_queue.TryDequeue(out Action? action, out (long Time, ulong Order) when))
        {
            return false;
        }

        NowMs = when.Time;
        action();
        return true;
    }

    /// <summary>Runs whatever is due until then.</summary>
    public void RunUntil(long timeMs)
    {
        while (_queue.TryPeek(out _, out (long Time, ulong Order) when) && when.Time <= timeMs)
        {
            RunNext();
        }

        NowMs = timeMs;
    }

    public UnixTime ClockOf(int node) => new((ulong)(EpochMs + NowMs + Plan.SkewMs[node]));

    public SimulatedBlock NewBlock(Height height, UnixTime time, bool valid = true, bool served = true)
    {
        var id = new BlockId(Digest.Of(BitConverter.GetBytes(Random.Next())));
        string name = Plan.Scripted ? Letters(_blocks.Count) : id.ToString()[..6];
        var block = new SimulatedBlock(id, height, time, valid, served, name);
        _blocks.Add(id, block);
        return block;
    }

    public SimulatedBlock Block(BlockId id) => _blocks[id];

    public SimulatedBlock? FindBlock(string name) => _blocks.Values.FirstOrDefault(block => block.Name == name);

    public string NameOf(BlockId? block) => block is { } id ? _blocks[id].Name : "nil";

    public SignedVote Sign(int node, Vote vote, ValidatorIndex validator) =>
        new(vote, validator, Plan.Signatures.Sign(node, BytesOf(vote)));

    public SignedProposal Sign(int node, Proposal said, ValidatorIndex validator) =>
        new(said, validator, Block(said.Block).Time, Plan.Signatures.Sign(node, BytesOf(said)));

    /// <summary>Whether the validator that a vote names has signed it.</summary>
    public bool IsSigned(SignedVote signed, ValidatorSet validators) =>
        IsSigned(signed, validators, signed.Validator, () => (BytesOf(signed.Vote), signed.Signature));

    public bool IsSigned(SignedProposal signed, ValidatorSet validators) =>
        IsSigned(signed, validators, signed.Proposer, () => (BytesOf(signed.Proposal), signed.Signature));

    /// <summary>
    /// Whether the file of a report is read back and holds two signed statements. Stand-in signatures have not the
    /// length that the format demands; with them there is nothing to ask.
    /// </summary>
    public bool ProvesAsAFile(Misbehaviour found, ValidatorSet validators)
    {
        int node = Plan.NodeOf(validators[found.Validator].Key);
        if (Plan.Signatures.PublicKeyOf(node) is not { } key)
        {
            return true;
        }

        return MisbehaviourFile.TryParse(found.ToFile(Chain, key).Encode(), out MisbehaviourFile file, out _)
            && file.Signer == Plan.Signatures.KeyOf(node)
            && ((SignedStatement[])[file.First, file.Second]).All(signed =>
                Plan.Signatures.Verify(node, signed.Bytes.Span, signed.Signature.Span));
    }

    public void Cut(Func<int, int, bool> connected) => _connected = connected;

    public void Heal() => _connected = (_, _) => true;

    /// <summary>An adversary in the network: holds back what this says, and nothing when null.</summary>
    public void Starve(Func<int, int, Wire, bool>? starved) => _starved = starved ?? ((_, _, _) => false);

    public void Send(int from, int to, Wire wire)
    {
        if (Chaos && (!_connected(from, to) || _starved(from, to, wire)))
        {
            return;
        }

        if (Chaos && Random.Chance(Plan.LossPercent))
        {
            Count(Fault.Loss);
            return;
        }

        Transmit(from, to, wire);
        if (Chaos && Random.Chance(Plan.DuplicatePercent))
        {
            Count(Fault.Duplication);
            Transmit(from, to, wire);
        }
    }

    private void Transmit(int from, int to, Wire wire)
    {
        long delay = Random.Between(2, Chaos ? Plan.DelayMsMax : CalmDelayMsMax);
        if (Chaos && Random.Chance(Plan.Splitting ? 0 : 2))
        {
            Count(Fault.Delay);
            delay += Random.Between(200, 3_000);
        }

        long arrival = NowMs + delay;
        if (arrival < _latestOnLink[from, to])
        {
            Count(Fault.Reordering);
        }

        _latestOnLink[from, to] = Math.Max(arrival, _latestOnLink[from, to]);
        After(delay, () => Deliver(from, to, wire));
    }

    /// <summary>The same message reaches many nodes; each signature is worked out once.</summary>
    private bool IsSigned(
        object message,
        ValidatorSet validators,
        ValidatorIndex author,
        Func<(byte[] Bytes, ReadOnlyMemory<byte> Signature)> parts)
    {
        if (!validators.Contains(author))
        {
            return false;
        }

        int node = Plan.NodeOf(validators[author].Key);
        if (_authors.TryGetValue(message, out int known))
        {
            return known == node;
        }

        (byte[] bytes, ReadOnlyMemory<byte> signature) = parts();
        bool signed = Plan.Signatures.Verify(node, bytes, signature.Span);
        if (signed)
        {
            _authors.Add(message, node);
        }

        return signed;
    }

    /// <summary>A, B, … Z, A1, B1, …</summary>
    private static string Letters(int count) => $"{(char)('A' + (count % 26))}{(count < 26 ? "" : count / 26)}";

    private static byte[] BytesOf(Vote vote) =>
        SignBytes.Vote(Chain, vote.Height, vote.Round, vote.Step, vote.Block);

    private static byte[] BytesOf(Proposal said) =>
        SignBytes.Proposal(Chain, said.Height, said.Round, said.ValidRound, said.Block);
}
