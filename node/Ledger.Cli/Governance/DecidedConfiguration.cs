using Ledger.Client;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Cli.Governance;

/// <summary>What a node says was decided last, read strictly.</summary>
/// <param name="Said">All that the node said.</param>
internal sealed record DecidedConfiguration(ChainId Chain, Configuration Configuration, NodeGovernance Said)
{
    public static async Task<DecidedConfiguration> AskAsync(NodeClient client, CancellationToken stop)
    {
        NodeGovernance said = await client.GetGovernanceAsync(stop).ConfigureAwait(false);
        return Digest.TryParseHex(said.Chain, out Digest chain)
            && Bytes(said.Configuration) is { } bytes
            && Configuration.TryParse(bytes, out Configuration configuration, out _)
            ? new DecidedConfiguration(new ChainId(chain), configuration, said)
            : throw new CommandException($"The node at {client.Node} names no configuration that this program can read.");
    }

    /// <summary>Null for what is no hexadecimal.</summary>
    public static byte[]? Bytes(string hex)
    {
        try
        {
            return Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
