using Ledger.Core;
using Ledger.Network.Protocols;
using Ledger.Network.PubSub;
using Ledger.Runtime.Ports;

namespace Ledger.Network.Chain;

/// <summary>
/// The conditions on which the guarantees of <see cref="ChainPeers"/> rest, gathered in one place. Product code has
/// only these; tests derive from the class to break one at a time, and show that the test of that guarantee then fails.
/// </summary>
internal class ChainRules
{
    internal static ChainRules Sound { get; } = new();

    /// <summary>What topics and protocols of a chain bear.</summary>
    internal virtual string ScopeOf(ChainId chain) => chain.ToString();

    /// <summary>Whether a peer is let in.</summary>
    internal virtual bool IsAdmitted(bool named) => named;

    /// <summary>What becomes of a message that the node has judged.</summary>
    internal virtual Verdict VerdictOf(Worth worth) => worth switch
    {
        Worth.PassOn => Verdict.Accept,
        Worth.Blame => Verdict.Reject,
        _ => Verdict.Ignore,
    };

    /// <summary>What a question and its answer may take.</summary>
    internal virtual RequestProtocol LimitsOf(RequestProtocol published) => published;

    /// <summary>Whether something that was said before goes out when it is said again.</summary>
    internal virtual bool SaysAgain => true;

    /// <summary>Whether a question that nobody answers comes back, with nothing.</summary>
    internal virtual bool AnswersInAnyCase => true;

    /// <summary>How many batches of records the node may be at.</summary>
    internal virtual int BatchesAtOnce => 16;
}
