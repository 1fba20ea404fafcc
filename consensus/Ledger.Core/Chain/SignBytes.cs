using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>The two voting steps, as they are signed.</summary>
public enum VoteStep
{
    Prevote = 1,
    Precommit = 2,
}

/// <summary>What consensus signatures cover. The first item names the purpose, so that no signature serves two.</summary>
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

    private static CborWriter Start(ReadOnlySpan<byte> purpose, int count, in ChainId chain, Height height, Round round) =>
        new CborWriter(128)
            .Array(count).Text(purpose).Bytes(chain.Value).Unsigned(height.Value).Unsigned(round.Value);
}
