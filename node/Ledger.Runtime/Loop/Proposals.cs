using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Peers;

namespace Ledger.Runtime.Loop;

/// <summary>
/// What is known of proposed blocks before they are executed. Bounded: a few per validator, the latest count. Owned by
/// the node's loop.
/// </summary>
internal sealed class Proposals
{
    /// <summary>A validator that proposes more blocks in one height is served with the latest.</summary>
    private const int PerValidator = 8;

    private readonly Dictionary<BlockId, ProposedBlock> _blocks = [];
    private readonly Dictionary<int, Queue<BlockId>> _byValidator = [];

    public ProposedBlock? Find(BlockId id) => _blocks.GetValueOrDefault(id);

    public void Add(ValidatorIndex proposer, ProposedBlock block)
    {
        BlockId id = block.Header.Id;
        if (_blocks.TryGetValue(id, out ProposedBlock? known))
        {
            _blocks[id] = known.Parts is null ? block : known;
            return;
        }

        if (!_byValidator.TryGetValue(proposer.Value, out Queue<BlockId>? own))
        {
            _byValidator[proposer.Value] = own = [];
        }

        if (own.Count == PerValidator)
        {
            _blocks.Remove(own.Dequeue());
        }

        own.Enqueue(id);
        _blocks[id] = block;
    }

    /// <summary>The answer to a question: kept until the height is settled, since the replica asked for it.</summary>
    public void Complete(ProposedBlock block) => _blocks[block.Header.Id] = block;

    /// <summary>Drops what belongs to heights that are settled.</summary>
    public void DropUpTo(Height settled)
    {
        foreach (BlockId id in _blocks.Where(pair => pair.Value.Header.Height <= settled).Select(pair => pair.Key).ToList())
        {
            _blocks.Remove(id);
        }

        if (_blocks.Count == 0)
        {
            _byValidator.Clear();
        }
    }
}
