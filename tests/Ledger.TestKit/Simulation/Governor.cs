using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Bodies = Ledger.Records.Bodies;

namespace Ledger.TestKit.Simulation;

/// <summary>Approves changes with members' cold governance keys.</summary>
public static class Governor
{
    /// <summary>The body of a record that brings these members' approvals of a change.</summary>
    /// <param name="at">Number of the last executed change + 1.</param>
    public static CborMap Body(
        ChainId chain, ConfigurationChange change, ulong at, params IEnumerable<SigningKey> approvers)
    {
        byte[] encoded = change.Encode();
        byte[] signed = SignBytes.Governance(chain, at, encoded);
        return Bodies.Body.Governance(
            (CborMap)CborValue.Decode(encoded), at,
            [.. approvers.Select(key =>
                (key.Id, (ReadOnlyMemory<byte>)key.Sign(signed, new byte[MlDsa65.RandomizerBytes])))]);
    }
}
