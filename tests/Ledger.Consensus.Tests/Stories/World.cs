using System.Runtime.CompilerServices;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>
/// Virtual time, blocks, and a network in which a message takes two milliseconds: what one replica says and does among
/// others, with chance ruled out.
/// </summary>
internal sealed class World(Plan plan)
{
    /// <summary>The clocks at the beginning, in milliseconds.</summary>
    public const long EpochMs = 1_000_000;

    private const int DelayMs = 2;

    private static readonly ChainId Chain = new(Digest.Of("simulated chain"u8));

    private readonly PriorityQueue<Action, (long Time, ulong Order)> _queue = new();
    private readonly Dictionary<BlockId, SimulatedBlock> _blocks = [];
    private ulong _order;
    private Func<int, int, Wire, bool> _held = (_, _, _) => false;

    public Plan Plan { get; } = plan;

    public long NowMs { get; private set; }

    public List<string> Transcript { get; } = [];

    public bool KeepTranscript { get; set; }

    public Action<int, int, Wire> Deliver { get; set; } = (_, _, _) => { };

    public void Say(int node, [InterpolatedStringHandlerArgument("")] ref LazyText text)
    {
        if (KeepTranscript)
        {
            Transcript.Add($"n{node} {text.Take()}");
        }
    }

    public void After(long delayMs, Action action) => _queue.Enqueue(action, (NowMs + delayMs, _order++));

    /// <summary>Runs whatever is due until then.</summary>
    public void RunUntil(long timeMs)
    {
        while (_queue.TryPeek(out _, out (long Time, ulong Order) when) && when.Time <= timeMs)
        {
            Action action = _queue.Dequeue();
            NowMs = when.Time;
            action();
        }

        NowMs = timeMs;
    }

    public UnixTime Clock => new((ulong)(EpochMs + NowMs));

    public SimulatedBlock NewBlock(Height height, UnixTime time, bool valid = true, bool served = true)
    {
        var id = new BlockId(Digest.Of(BitConverter.GetBytes(_blocks.Count)));
        var block = new SimulatedBlock(id, height, time, valid, served, Letters(_blocks.Count));
        _blocks.Add(id, block);
        return block;
    }

    public SimulatedBlock Block(BlockId id) => _blocks[id];

    public SimulatedBlock? FindBlock(string name) => _blocks.Values.FirstOrDefault(block => block.Name == name);

    public string NameOf(BlockId? block) => block is { } id ? _blocks[id].Name : "nil";

    public static SignedVote Sign(int node, Vote vote, ValidatorIndex validator) =>
        new(vote, validator, VoteSignatures.Sign(node, BytesOf(vote)));

    public SignedProposal Sign(int node, Proposal said, ValidatorIndex validator) =>
        new(said, validator, Block(said.Block).Time, VoteSignatures.Sign(node, BytesOf(said)));

    /// <summary>Whether the validator that a vote names has signed it.</summary>
    public bool IsSigned(SignedVote signed) => Plan.Validators.Contains(signed.Validator)
        && VoteSignatures.Verify(signed.Validator.Value, BytesOf(signed.Vote), signed.Signature.Span);

    public bool IsSigned(SignedProposal signed) => Plan.Validators.Contains(signed.Proposer)
        && VoteSignatures.Verify(signed.Proposer.Value, BytesOf(signed.Proposal), signed.Signature.Span);

    /// <summary>Holds back what this says.</summary>
    public void Hold(Func<int, int, Wire, bool> held) => _held = held;

    public void Send(int from, int to, Wire wire)
    {
        if (!_held(from, to, wire))
        {
            After(DelayMs, () => Deliver(from, to, wire));
        }
    }

    /// <summary>A, B, … Z, A1, B1, …</summary>
    private static string Letters(int count) => $"{(char)('A' + (count % 26))}{(count < 26 ? "" : count / 26)}";

    private static byte[] BytesOf(Vote vote) =>
        SignBytes.Vote(Chain, vote.Height, vote.Round, vote.Step, vote.Block);

    private static byte[] BytesOf(Proposal said) =>
        SignBytes.Proposal(Chain, said.Height, said.Round, said.ValidRound, said.Block);
}
