using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Log;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>
/// Collects operations in a row and their result. A step that breaks a limit makes the whole path void; the reason
/// comes out at the end, so that callers write the steps without a branch after each.
/// </summary>
public sealed class OtsPath
{
    private readonly List<OtsOperation> _operations = [];
    private byte[] _message;
    private OtsFault _fault;

    public OtsPath(Digest start) => _message = start.ToArray();

    /// <summary>The message after the last step.</summary>
    public ReadOnlyMemory<byte> Message => _message;

    /// <summary>Why the path is void, or none.</summary>
    public OtsFault Fault => _fault;

    public OtsPath Append(ReadOnlySpan<byte> suffix) =>
        suffix.IsEmpty ? this : Step(OtsOperation.Append(suffix.ToArray()));

    public OtsPath Prepend(ReadOnlySpan<byte> prefix) =>
        prefix.IsEmpty ? this : Step(OtsOperation.Prepend(prefix.ToArray()));

    public OtsPath Sha256() => Step(OtsOperation.Sha256);

    /// <summary>Puts the message in its place inside a longer document and takes the document as the message.</summary>
    /// <param name="offset">Where the message stands; other bytes there make the path void.</param>
    public OtsPath Embed(ReadOnlySpan<byte> document, int offset)
    {
        if (_fault != OtsFault.None || offset > document.Length || !document[offset..].StartsWith(_message))
        {
            return Break();
        }

        int end = offset + _message.Length;
        return Prepend(document[..offset]).Append(document[end..]);
    }

    /// <summary>Climbs an RFC 9162 tree (SHA-256, 0x01 before inner nodes) from a leaf hash to its root.</summary>
    public OtsPath Climb(InclusionProof inclusion)
    {
        if (!inclusion.TrySteps(out ImmutableArray<ProofStep> steps))
        {
            return Break();
        }

        foreach (ProofStep step in steps)
        {
            Digest sibling = step.Sibling;
            (step.Side == ProofSide.Left ? Prepend([1, .. sibling.Span]) : Prepend([1]).Append(sibling.Span)).Sha256();
        }

        return this;
    }

    /// <summary>Climbs a Bitcoin block's tree from a transaction id to the Merkle root.</summary>
    public OtsPath Climb(TransactionIndex index, ReadOnlySpan<Digest> branch)
    {
        for (int level = 0; level < branch.Length; level++)
        {
            ReadOnlySpan<byte> sibling = branch[level].Span;
            bool isRight = (index.Value >> level & 1) != 0;
            (isRight ? Prepend(sibling) : Append(sibling)).Sha256().Sha256();
        }

        return this;
    }

    /// <summary>Makes void a path whose message is not the one that comes next.</summary>
    public OtsPath Expect(Digest message) => message.Span.SequenceEqual(_message) ? this : Break();

    /// <summary>Ends the path in an attestation of its last message.</summary>
    public bool TryEnd(
        OtsAttestation attestation,
        [NotNullWhen(true)] out OtsTimestamp? timestamp,
        out OtsFault fault) => TryEnd(OtsTimestamp.Of([attestation], []), out timestamp, out fault);

    /// <summary>Ends the path in what is known already of its last message.</summary>
    public bool TryEnd(
        OtsTimestamp rest,
        [NotNullWhen(true)] out OtsTimestamp? timestamp,
        out OtsFault fault)
    {
        if (_fault == OtsFault.None && _operations.Count + rest.Depth > OtsLimits.Depth)
        {
            _fault = OtsFault.TooDeep;
        }

        fault = _fault;
        timestamp = null;
        if (fault != OtsFault.None)
        {
            return false;
        }

        timestamp = rest;
        for (int i = _operations.Count - 1; i >= 0; i--)
        {
            timestamp = OtsTimestamp.Of([], [new OtsBranch(_operations[i], timestamp)]);
        }

        return true;
    }

    // The first fault is the one that is told.
    private OtsPath Break()
    {
        _fault = _fault == OtsFault.None ? OtsFault.PathBroken : _fault;
        return this;
    }

    private OtsPath Step(OtsOperation operation)
    {
        if (_fault == OtsFault.None && operation.TryApply(_message, out byte[] result, out _fault))
        {
            _message = result;
            _operations.Add(operation);
        }

        return this;
    }
}
