using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>The two voting steps, as they are signed.</summary>
public enum VoteStep
{
    Prevote = 1,
    Precommit = 2,
}

/// <summary>What signatures of validators and their owners cover. The first item names the purpose, so that no signature serves two.</summary>
public static class SignBytes
{
    /// <summary><c>["ledger/vote/1", chain, height, round, step, block id or null]</c>.</summary>
    public static byte[] Vote(in ChainId chain, Height height, Round round, VoteStep step, in BlockId? block)
    {
        CborWriter writer = Start("ledger/vote/1"u8, 6, chain, height, round).Unsigned((ulong)step);
        return (block is { } id ? writer.Bytes(id.Value) : writer.Null()).ToArray();
    }

    /// <summary><c>["ledger/proposal/1", chain, height, round, valid round, block id]</c>; valid round -1 is "none".</summary>
    public static byte[] Proposal(in ChainId chain, Height height, Round round, Round? validRound, in BlockId block) =>
        Start("ledger/proposal/1"u8, 6, chain, height, round)
            .Integer(validRound is { } valid ? valid.Value : -1)
            .Bytes(block.Value)
            .ToArray();

    /// <summary><c>["ledger/gov/1", chain, at, change]</c>, by a member's governance key.</summary>
    /// <param name="at">Number of the last executed change + 1.</param>
    /// <param name="change">One encoded CBOR value.</param>
    public static byte[] Governance(in ChainId chain, ulong at, ReadOnlySpan<byte> change) =>
        new CborWriter(change.Length + 64)
            .Array(4).Text("ledger/gov/1"u8).Bytes(chain.Value).Unsigned(at).Raw(change)
            .ToArray();

    private static CborWriter Start(ReadOnlySpan<byte> purpose, int count, in ChainId chain, Height height, Round round) =>
        new CborWriter(128)
            .Array(count).Text(purpose).Bytes(chain.Value).Unsigned(height.Value).Unsigned(round.Value);
}
