using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>
/// Strict reader of timestamps: shortest numbers, every limit, every operation computed as it is read.
/// </summary>
internal ref struct OtsReader(ReadOnlySpan<byte> data, int position)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _position = position;
    private OtsError _error;

    public bool TryReadToEnd(
        scoped ReadOnlySpan<byte> message,
        [NotNullWhen(true)] out OtsTimestamp? timestamp,
        out OtsError error)
    {
        timestamp = null;
        bool read = (_data.Length <= OtsLimits.FileBytes || Fail(OtsFault.TooLong, OtsLimits.FileBytes))
            && (message.Length <= OtsLimits.ResultBytes || Fail(OtsFault.ResultTooLong, _position))
            && TryReadTimestamp(message, 1, out timestamp)
            && (_position == _data.Length || Fail(OtsFault.TrailingBytes, _position));
        error = _error;
        return read && timestamp is not null;
    }

    private bool TryReadTimestamp(
        scoped ReadOnlySpan<byte> message,
        int depth,
        [NotNullWhen(true)] out OtsTimestamp? timestamp)
    {
        timestamp = null;
        if (depth > OtsLimits.Depth)
        {
            return Fail(OtsFault.TooDeep, _position);
        }

        ImmutableArray<OtsAttestation>.Builder attestations = ImmutableArray.CreateBuilder<OtsAttestation>();
        ImmutableArray<OtsBranch>.Builder branches = ImmutableArray.CreateBuilder<OtsBranch>();
        for (bool more = true; more;)
        {
            int start = _position;
            if (!TryReadByte(out byte tag))
            {
                return false;
            }

            more = tag == OtsWriter.Fork;
            if (more)
            {
                start = _position;
                if (!TryReadByte(out tag))
                {
                    return false;
                }
            }

            if (tag == OtsWriter.AttestationMark)
            {
                if (!TryReadAttestation(out OtsAttestation? attestation))
                {
                    return false;
                }

                attestations.Add(attestation);
            }
            else if (TryReadBranch(tag, start, message, depth, out OtsBranch? branch))
            {
                branches.Add(branch);
            }
            else
            {
                return false;
            }
        }

        timestamp = OtsTimestamp.Of(attestations.ToImmutable(), branches.ToImmutable());
        return true;
    }

    private bool TryReadBranch(
        byte tag,
        int start,
        scoped ReadOnlySpan<byte> message,
        int depth,
        [NotNullWhen(true)] out OtsBranch? branch)
    {
        branch = null;
        var code = (OtsOpcode)tag;
        if (!Enum.IsDefined(code))
        {
            return Fail(OtsFault.OperationUnknown, start);
        }

        var operation = new OtsOperation(code, default);
        if (operation.HasArgument)
        {
            int at = _position;
            if (!TryReadString(OtsLimits.ResultBytes, OtsFault.ArgumentLength, out ReadOnlySpan<byte> argument))
            {
                return false;
            }

            if (argument.IsEmpty)
            {
                return Fail(OtsFault.ArgumentLength, at);
            }

            operation = operation with { Argument = argument.ToArray() };
        }

        if (!operation.TryApply(message, out byte[] result, out OtsFault fault))
        {
            return Fail(fault, start);
        }

        if (!TryReadTimestamp(result, depth + 1, out OtsTimestamp? next))
        {
            return false;
        }

        branch = new OtsBranch(operation, next);
        return true;
    }

    private bool TryReadAttestation([NotNullWhen(true)] out OtsAttestation? attestation)
    {
        attestation = null;
        if (!TryRead(OtsAttestation.TagBytes, out ReadOnlySpan<byte> tag))
        {
            return false;
        }

        if (!TryReadString(OtsLimits.PayloadBytes, OtsFault.PayloadTooLong, out ReadOnlySpan<byte> payload))
        {
            return false;
        }

        int start = _position - payload.Length;
        if (tag.SequenceEqual(OtsAttestation.BitcoinTag))
        {
            var inner = new OtsReader(payload, 0);
            if (!inner.TryReadNumber(out uint height) || inner._position != payload.Length)
            {
                return Fail(OtsFault.AttestationMalformed, start);
            }

            attestation = new OtsAttestation.Bitcoin(new BitcoinHeight(height));
            return true;
        }

        if (tag.SequenceEqual(OtsAttestation.PendingTag))
        {
            return TryReadPending(payload, start, out attestation);
        }

        attestation = new OtsAttestation.Unknown(tag.ToArray(), payload.ToArray());
        return true;
    }

    private bool TryReadPending(
        ReadOnlySpan<byte> payload,
        int start,
        [NotNullWhen(true)] out OtsAttestation? attestation)
    {
        attestation = null;
        var inner = new OtsReader(payload, 0);
        if (!inner.TryReadString(OtsLimits.UriBytes, OtsFault.AttestationMalformed, out ReadOnlySpan<byte> bytes)
            || inner._position != payload.Length)
        {
            return Fail(OtsFault.AttestationMalformed, start);
        }

        // Every byte becomes one character, so that a byte beyond ASCII meets the check and fails it.
        string uri = Encoding.Latin1.GetString(bytes);
        if (!OtsAttestation.Pending.IsAllowed(uri))
        {
            return Fail(OtsFault.UriNotAllowed, start);
        }

        attestation = new OtsAttestation.Pending(uri);
        return true;
    }

    private bool TryReadString(int limit, OtsFault tooLong, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        int start = _position;
        return TryReadNumber(out uint length)
            && (length <= limit || Fail(tooLong, start))
            && TryRead((int)length, out bytes);
    }

    private bool TryReadNumber(out uint value)
    {
        int start = _position;
        ulong sum = 0;
        value = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (!TryReadByte(out byte part))
            {
                return false;
            }

            sum |= (ulong)(part & 0x7f) << shift;
            if (sum > uint.MaxValue || shift > 28)
            {
                return Fail(OtsFault.NumberTooLarge, start);
            }

            if ((part & 0x80) == 0)
            {
                value = (uint)sum;
                return part != 0 || shift == 0 || Fail(OtsFault.NumberNotShortest, start);
            }
        }
    }

    private bool TryReadByte(out byte value)
    {
        bool read = TryRead(1, out ReadOnlySpan<byte> bytes);
        value = read ? bytes[0] : default;
        return read;
    }

    private bool TryRead(int length, out ReadOnlySpan<byte> bytes)
    {
        if (length > _data.Length - _position)
        {
            bytes = default;
            return Fail(OtsFault.Truncated, _data.Length);
        }

        bytes = _data.Slice(_position, length);
        _position += length;
        return true;
    }

    private bool Fail(OtsFault fault, int offset)
    {
        _error = new OtsError(fault, offset);
        return false;
    }
}
