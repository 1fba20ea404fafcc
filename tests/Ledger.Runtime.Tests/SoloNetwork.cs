using System.Security.Cryptography;
using Ledger.Core.Chain;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Runtime.Tests;

/// <summary>A node of the network of one validator, without a host.</summary>
internal static class SoloNetwork
{
    public static LedgerNode Start(IStore store, GenesisDocument? genesis = null)
    {
        LedgerNode node = new(
            new NodeSettings { VoteKey = TestNetwork.VoteKey, StreamKey = TestNetwork.StreamKey, Name = "alpha" },
            genesis ?? TestNetwork.Genesis, store, TimeProvider.System, new SystemRandomness());
        node.Start();
        return node;
    }

    public static Task<SubmissionOutcome[]> SubmitAsync(this LedgerNode node, params IEnumerable<byte[]> records) =>
        node.SubmitAsync([.. records.Select(record => (ReadOnlyMemory<byte>)record)]);

    private sealed class SystemRandomness : IRandomness
    {
        public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }
}
