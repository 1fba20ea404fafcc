using Ledger.Core;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Loop;

/// <summary>
/// The version of the rules is a parameter, changed like others (Q13): from its height on, a block is judged by rules that
/// a program which does not know them would get wrong. So such a node stops with the last block before.
/// </summary>
internal static class ProtocolVersion
{
    /// <exception cref="UnknownProtocolException">The next block is of a version that this program does not know.</exception>
    public static void Require(ChainHead head)
    {
        if (head.Configuration.Parameters.Protocol > Limits.Protocol)
        {
            throw new UnknownProtocolException(
                $"From block {head.Height.Next} on this network runs protocol version {head.Configuration.Parameters.Protocol}, and this "
                + $"program knows {Limits.Protocol}. Nothing was changed: install a version that knows it, and start again.");
        }
    }

    /// <summary>Told two blocks ahead, to whoever asks what is wrong; null while all is known.</summary>
    public static string? Warning(ChainHead head) => head.Upcoming.Parameters.Protocol > Limits.Protocol
        ? $"Protocol version {head.Upcoming.Parameters.Protocol} is decided and comes into force within two blocks; this program knows "
            + $"{Limits.Protocol}, and will stop there. Install a version that knows it."
        : null;
}

/// <summary>The network runs rules that this program does not know; the message says what to do.</summary>
public sealed class UnknownProtocolException(string message) : Exception(message);
