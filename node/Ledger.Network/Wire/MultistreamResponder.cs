namespace Ledger.Network.Wire;

/// <summary>
/// The listening side of multistream-select: messages in, answers out. The first message must be the header; each other
/// proposes a protocol, which is taken or refused. Listing what is spoken is refused like a protocol unknown.
/// </summary>
internal sealed class MultistreamResponder(Func<string, bool> speaks)
{
    /// <summary>Proposals that are answered; the negotiation ends beyond that.</summary>
    public const int ProposalsMax = 16;

    private bool _greeted;
    private int _proposals;

    /// <summary>The protocol agreed on; null until then.</summary>
    public string? Chosen { get; private set; }

    /// <summary>Takes a message and says what to answer; false when the other side does not negotiate.</summary>
    public bool TryAnswer(string message, out string answer)
    {
        answer = MultistreamMessage.Header;
        if (!_greeted)
        {
            _greeted = message == MultistreamMessage.Header;
            return _greeted;
        }
        if (++_proposals > ProposalsMax)
            return false;
        if (speaks(message))
            Chosen = message;
        answer = Chosen ?? MultistreamMessage.NotAvailable;
        return true;
    }
}
