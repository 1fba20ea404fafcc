using Ledger.Consensus.Rounds;
using Ledger.Core;

namespace Ledger.Consensus.Tests.Exploration;

/// <summary>
/// All that matters of three honest validators and of what they have said, to be packed into 128 bits. The liar needs
/// no state: whatever it may say, to whomever, it may always have said.
/// </summary>
internal sealed class SmallState
{
    /// <summary>Nothing cast yet, a vote for nil, then votes for each block.</summary>
    public const int None = 0;
    public const int Nil = 1;
    public const int FirstBlock = 2;

    private const int Honest = Scope.Validators - 1;
    private const int VoteBits = 3;

    public SmallState()
    {
        for (int i = 0; i < Honest; i++)
        {
            Nodes[i] = new NodeState();
        }
    }

    public NodeState[] Nodes { get; } = new NodeState[Honest];

    /// <summary>
    /// Of each round: 0 where its honest proposer has proposed nothing, else block · 4 + valid round + 2.
    /// </summary>
    public int[] Proposals { get; } = new int[Scope.RoundsMax];

    /// <summary>Equal for two states that differ in the names of interchangeable validators alone.</summary>
    public UInt128 Pack(Scope scope)
    {
        Span<UInt128> nodes = [Nodes[0].Pack(), Nodes[1].Pack(), Nodes[2].Pack()];
        for (int i = 0; i < Honest; i++)
        {
            for (int j = i + 1; j < Honest; j++)
            {
                if (scope.AreAlike(i, j) && nodes[j] < nodes[i])
                {
                    (nodes[i], nodes[j]) = (nodes[j], nodes[i]);
                }
            }
        }

        UInt128 packed = 0;
        foreach (int proposal in Proposals)
        {
            packed = (packed << 4) | (uint)proposal;
        }

        foreach (UInt128 node in nodes)
        {
            packed = (packed << NodeState.Bits) | node;
        }

        return packed;
    }

    public static SmallState Unpack(UInt128 packed)
    {
        var state = new SmallState();
        for (int i = Honest - 1; i >= 0; i--)
        {
            state.Nodes[i] = NodeState.Unpack((ulong)packed & ((1UL << NodeState.Bits) - 1));
            packed >>= NodeState.Bits;
        }

        for (int round = Scope.RoundsMax - 1; round >= 0; round--)
        {
            state.Proposals[round] = (int)(uint)packed & 15;
            packed >>= 4;
        }

        return state;
    }

    /// <summary>One honest validator.</summary>
    internal sealed class NodeState
    {
        public const int Bits = (2 * VoteBits * Scope.RoundsMax) + 17;

        public RoundState Round { get; set; } = RoundState.Initial;

        /// <summary>0, or 1 + the block decided.</summary>
        public int Decided { get; set; }

        public int[] Prevotes { get; } = new int[Scope.RoundsMax];

        public int[] Precommits { get; } = new int[Scope.RoundsMax];

        public UInt128 Pack()
        {
            ulong packed = 0;
            void Add(int value, int bits) => packed = (packed << bits) | (uint)value;
            Add((int)Round.Round.Value, 2);
            Add((int)Round.Step, 2);
            Add(Code(Round.Locked), 4);
            Add(Code(Round.Valid), 4);
            Add(Round.PolkaSeen ? 1 : 0, 1);
            Add(Round.PrevoteTimeoutArmed ? 1 : 0, 1);
            Add(Round.PrecommitTimeoutArmed ? 1 : 0, 1);
            Add(Decided, 2);
            for (int round = 0; round < Scope.RoundsMax; round++)
            {
                Add(Prevotes[round], VoteBits);
                Add(Precommits[round], VoteBits);
            }

            return packed;
        }

        public static NodeState Unpack(ulong packed)
        {
            int Take(int bits)
            {
                int value = (int)(packed & ((1UL << bits) - 1));
                packed >>= bits;
                return value;
            }

            var node = new NodeState();
            for (int round = Scope.RoundsMax - 1; round >= 0; round--)
            {
                node.Precommits[round] = Take(VoteBits);
                node.Prevotes[round] = Take(VoteBits);
            }

            node.Decided = Take(2);
            bool precommitArmed = Take(1) != 0;
            bool prevoteArmed = Take(1) != 0;
            bool polkaSeen = Take(1) != 0;
            CertifiedBlock? valid = Decode(Take(4));
            CertifiedBlock? locked = Decode(Take(4));
            var step = (RoundStep)Take(2);
            node.Round = new RoundState(
                new Round((uint)Take(2)), step, locked, valid, prevoteArmed, precommitArmed, polkaSeen);
            return node;
        }

        /// <summary>0 for none, else 1 + block · 3 + round.</summary>
        private static int Code(CertifiedBlock? certified) => certified is { } some
            ? 1 + (Scope.IndexOf(some.Block) * Scope.RoundsMax) + (int)some.Round.Value
            : 0;

        private static CertifiedBlock? Decode(int code) => code == 0
            ? null
            : new CertifiedBlock(
                Scope.Blocks[(code - 1) / Scope.RoundsMax], new Round((uint)((code - 1) % Scope.RoundsMax)));
    }
}
