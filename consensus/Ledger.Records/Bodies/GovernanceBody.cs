using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Records.Bodies;

/// <summary>What a <c>governance</c> record asks for, and whose approvals it brings. Their signatures are not checked.</summary>
/// <param name="ChangeBytes">The change as it stands in the record: what is signed.</param>
/// <param name="At">Number of the last executed change + 1.</param>
public sealed record GovernanceBody(
    ConfigurationChange Change, ReadOnlyMemory<byte> ChangeBytes, ulong At,
    ImmutableArray<(KeyId Key, ReadOnlyMemory<byte> Signature)> Approvals)
{
    /// <summary>Reads the body of a record of this kind.</summary>
    /// <param name="error">What is wrong with the change, at an offset inside it.</param>
    public static bool TryRead(Record record, [NotNullWhen(true)] out GovernanceBody? body, out CborError error)
    {
        body = null;
        byte[] change = record.BodyMember("change"u8).ToArray();
        if (!ConfigurationChange.TryParse(change, out ConfigurationChange parsed, out error))
        {
            return false;
        }

        CborReader at = new(record.BodyMember("at"u8));
        at.TryReadUnsigned(out ulong number);
        body = new GovernanceBody(parsed, change, number, ReadApprovals(record));
        return true;
    }

    private static ImmutableArray<(KeyId Key, ReadOnlyMemory<byte> Signature)> ReadApprovals(Record record)
    {
        ImmutableArray<(KeyId, ReadOnlyMemory<byte>)>.Builder approvals = ImmutableArray.CreateBuilder<(KeyId, ReadOnlyMemory<byte>)>();
        CborReader reader = new(record.BodyMember("approvals"u8));
        reader.TryReadArray(out int count);
        for (int i = 0; i < count; i++)
        {
            // The record was parsed, so the shape is that of the CDDL.
            reader.TryReadMap(out CborMapScope map);
            reader.TryReadKey(ref map, "kid"u8);
            reader.TryReadDigest(out Digest kid);
            reader.TryReadKey(ref map, "sig"u8);
            reader.TryReadBytes(out ReadOnlySpan<byte> signature);
            reader.EndMap(map);
            approvals.Add((new KeyId(kid), signature.ToArray()));
        }

        return approvals.ToImmutable();
    }
}
