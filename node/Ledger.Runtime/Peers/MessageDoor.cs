using Ledger.Consensus;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Peers;

/// <summary>
/// Where messages of consensus come in: form, then height and sender, then the signature. Thread-safe; it reads a
/// snapshot of the head and changes nothing.
/// </summary>
internal static class MessageDoor
{
    /// <param name="head">The last settled block: its configuration says who may sign.</param>
    /// <param name="message">What was read, where it is of use; null otherwise.</param>
    public static Worth Judge(ChainHead head, ReadOnlySpan<byte> bytes, LoopRules rules, out ConsensusMessage? message)
    {
        message = null;
        if (!ConsensusMessage.TryParse(bytes, out ConsensusMessage parsed, out _))
        {
            return Worth.Blame;
        }

        if (parsed.Height <= head.Height)
        {
            return Worth.Drop;
        }

        // Only of the next height do we know for certain whose word it is: a later one may have other validators.
        Worth unsound = parsed.Height == head.Height.Next ? Worth.Blame : Worth.Drop;
        if (!rules.Counts(IsSigned(head, parsed)))
        {
            return unsound;
        }

        message = parsed;
        return Worth.PassOn;
    }

    private static bool IsSigned(ChainHead head, ConsensusMessage message) => message switch
    {
        ConsensusMessage.VoteMessage { Signed: { Vote: var vote } signed } => Holds(
            head, signed.Validator,
            SignBytes.Vote(head.Chain, vote.Height, vote.Round, vote.Step, vote.Block), signed.Signature),
        ConsensusMessage.ProposalMessage { Signed: { Proposal: var said } signed, Block.Header: var header } =>
            header.Chain == head.Chain
            && Holds(
                head, signed.Proposer,
                SignBytes.Proposal(head.Chain, said.Height, said.Round, said.ValidRound, said.Block), signed.Signature),
        _ => false,
    };

    private static bool Holds(ChainHead head, ValidatorIndex validator, byte[] signed, ReadOnlyMemory<byte> signature) =>
        validator.Value < head.Configuration.Validators.Length
        && MlDsa65.Verify(
            head.Configuration.Validators[validator.Value].VoteKey.Span, signed, default, signature.Span);
}
