using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Consensus;

/// <summary>Lays out a replica's state for comparison: equal states give equal bytes. Not a storage format.</summary>
internal sealed class StateWriter
{
    private readonly CborWriter _writer = new(1_024);

    public Digest ToDigest() => Digest.Of(_writer.WrittenSpan);

    public void Add(ulong value) => _writer.Raw(BitConverter.GetBytes(value));

    public void Add(int value) => Add((ulong)(uint)value);

    public void Add(Round? round) => Add(round is { } some ? some.Value + 1UL : 0);

    public void Add(BlockId? block)
    {
        if (block is { } id)
        {
            _writer.Bytes(id.Value);
        }
        else
        {
            _writer.Null();
        }
    }

    public void Add(Vote? vote)
    {
        Add(vote is null ? 0 : (int)vote.Value.Step);
        if (vote is { } some)
        {
            Add(some.Height.Value);
            Add(some.Round.Value);
            Add(some.Block);
        }
    }

    public void Add(VoterMask mask)
    {
        Add(mask.Low);
        Add(mask.MidLow);
        Add(mask.MidHigh);
        Add(mask.High);
    }
}
