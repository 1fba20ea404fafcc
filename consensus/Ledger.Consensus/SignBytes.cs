using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Consensus;

/// <summary>
/// The bytes under the signature of a vote or proposal: deterministic CBOR arrays of six, laid by hand.
/// The first item separates the domains; the chain id keeps a vote from counting on another chain.
/// </summary>
public static class SignBytes
{
    /// <summary><c>["ledger/vote/1", chain, height, round, step, block id / null]</c>, step 1 = prevote, 2 = precommit.</summary>
    public static byte[] Encode(ChainId chain, in Vote vote)
    {
        var writer = new CborWriter(128);
        writer.Array(6)
            .Text("ledger/vote/1"u8)
            .Bytes(chain.Value)
            .Unsigned(vote.Height.Value)
            .Unsigned(vote.Round.Value)
            .Unsigned((ulong)vote.Step);
        return WriteBlock(writer, vote.Block).ToArray();
    }

    /// <summary><c>["ledger/proposal/1", chain, height, round, valid round, block id]</c>, valid round -1 = none.</summary>
    public static byte[] Encode(ChainId chain, in Proposal proposal)
    {
        var writer = new CborWriter(128);
        return writer.Array(6)
            .Text("ledger/proposal/1"u8)
            .Bytes(chain.Value)
            .Unsigned(proposal.Height.Value)
            .Unsigned(proposal.Round.Value)
            .Integer(proposal.ValidRound is { } round ? round.Value : -1)
            .Bytes(proposal.Block.Value)
            .ToArray();
    }

    internal static CborWriter WriteBlock(CborWriter writer, BlockId? block) =>
        block is { } id ? writer.Bytes(id.Value) : writer.Null();
}
