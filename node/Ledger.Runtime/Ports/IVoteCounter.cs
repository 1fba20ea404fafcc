namespace Ledger.Runtime.Ports;

/// <summary>
/// How often the journal of votes was written, kept outside everything that is backed up: a journal with a lower number
/// of its own is an old one. Used by one thread.
/// </summary>
public interface IVoteCounter
{
    /// <summary>0 where nothing was ever written.</summary>
    ulong Read();

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">It could not be made durable: the node must not vote on.</exception>
    void Write(ulong value);
}
