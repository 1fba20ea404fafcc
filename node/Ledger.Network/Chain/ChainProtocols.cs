using Ledger.Network.Protocols;
using Ledger.Runtime.Ports;
using PortLimits = Ledger.Runtime.Ports.PeerLimits;

namespace Ledger.Network.Chain;

/// <summary>
/// What peers of one chain speak with each other: two topics of gossip, and a request protocol for each question. Both
/// bear the chain's id, so a peer of another chain is not understood. The limits are published in
/// <c>node/README.md</c>.
/// </summary>
internal static class ChainProtocols
{
    private const int Kibibyte = 1024;

    internal static string Consensus(string scope) => $"/ledger/{scope}/consensus/1";

    internal static string Records(string scope) => $"/ledger/{scope}/records/1";

    /// <summary>
    /// Bytes, times and rates of a question. An answer waits in memory until its peer has read it, so the long ones are
    /// few at a time: at most 64 MiB wait for one peer.
    /// </summary>
    internal static RequestProtocol Of(string scope, Question question) => question switch
    {
        // 1,024 ids of 64 bytes there, so many records as fit back.
        Question.Records => new($"/ledger/{scope}/fetch/1")
        {
            RequestBytesMax = PortLimits.QuestionBytes,
            ResponseBytesMax = PortLimits.AnswerBytes,
            Timeout = TimeSpan.FromSeconds(20),
            AtOncePerPeer = 8,
        },
        // A body has at most 1 MiB, a header stands beside it.
        Question.Proposal => new($"/ledger/{scope}/proposal/1")
        {
            RequestBytesMax = 4 * Kibibyte,
            ResponseBytesMax = 1_536 * Kibibyte,
            Timeout = TimeSpan.FromSeconds(10),
            AtOncePerPeer = 4,
        },
        Question.Blocks => new($"/ledger/{scope}/sync/1")
        {
            RequestBytesMax = 4 * Kibibyte,
            ResponseBytesMax = PortLimits.AnswerBytes,
            Timeout = TimeSpan.FromSeconds(30),
            AtOncePerPeer = 4,
        },
        // A commit of 256 validators has 0.9 MiB.
        Question.Head => new($"/ledger/{scope}/head/1")
        {
            RequestBytesMax = 4 * Kibibyte,
            ResponseBytesMax = 1_024 * Kibibyte,
            Timeout = TimeSpan.FromSeconds(10),
            AtOncePerPeer = 2,
            PerSecond = 10,
            Burst = 50,
        },
        // Two rounds of both votes of 256 validators have 3.5 MiB.
        Question.Position => new($"/ledger/{scope}/position/1")
        {
            RequestBytesMax = 4 * Kibibyte,
            ResponseBytesMax = PortLimits.AnswerBytes,
            Timeout = TimeSpan.FromSeconds(10),
            AtOncePerPeer = 2,
            PerSecond = 10,
            Burst = 50,
        },
        // 512 hashes of 34 bytes there, 64 tiles or as many nodes, blocks or steps as fit back.
        Question.Snapshot => new($"/ledger/{scope}/snapshot/1")
        {
            RequestBytesMax = 32 * Kibibyte,
            ResponseBytesMax = PortLimits.AnswerBytes,
            Timeout = TimeSpan.FromSeconds(30),
            AtOncePerPeer = 2,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(question), question, "No protocol is known for it."),
    };
}
