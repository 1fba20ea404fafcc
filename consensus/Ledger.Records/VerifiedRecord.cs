using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records.Streams;

namespace Ledger.Records;

/// <summary>
/// A record whose signature holds under the key that it names. Only <see cref="TryVerify"/> makes one, so a method that
/// takes it need not ask. Whether that key was in force is for <see cref="StreamRules"/>.
/// </summary>
public sealed class VerifiedRecord
{
    internal static readonly Fault SignatureFault =
        new(Layer.Signature, "the signature does not hold under the key that the record names");

    private VerifiedRecord(Record record, bool proofHolds)
    {
        Record = record;
        ProofHolds = proofHolds;
    }

    public Record Record { get; }

    /// <summary>
    /// Of a <c>key</c> record: whether the new key signed for its entry (rule S10). True for every other kind.
    /// </summary>
    internal bool ProofHolds { get; }

    /// <summary>ML-DSA-65, pure, empty context (RFC 9964), over <see cref="Record.SignedBytes"/>.</summary>
    /// <param name="publicKey">The raw 1,952-byte key with <see cref="Record.Kid"/>; another key is a fault.</param>
    public static bool TryVerify(
        Record record,
        ReadOnlySpan<byte> publicKey,
        [NotNullWhen(true)] out VerifiedRecord? verified,
        [NotNullWhen(false)] out Fault? fault)
    {
        verified = null;
        if (KeyId.Of(publicKey) != record.Kid)
        {
            fault = new Fault(Layer.Signature, "the key at hand is not the one that the record names");
            return false;
        }

        if (!SignatureHolds(record, publicKey))
        {
            fault = SignatureFault;
            return false;
        }

        fault = null;
        verified = Checked(record);
        return true;
    }

    /// <summary>For a caller inside this project that has seen the signature hold.</summary>
    internal static VerifiedRecord Checked(Record record) =>
        new(record, record.Kind != RecordKind.Key || KeyProof.Holds(record));

    private static bool SignatureHolds(Record record, ReadOnlySpan<byte> publicKey)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(record.SignedBytesLength);
        Span<byte> signed = rented.AsSpan(0, record.SignedBytesLength);
        record.CopySignedBytes(signed);
        bool holds = MlDsa65.Verify(publicKey, signed, [], record.Signature);
        ArrayPool<byte>.Shared.Return(rented);
        return holds;
    }
}
