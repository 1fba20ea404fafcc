namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>Lays a timestamp's bytes: all but the last of its items behind 0xff, attestations behind 0x00.</summary>
internal sealed class OtsWriter
{
    internal const byte Fork = 0xff;
    internal const byte AttestationMark = 0x00;

    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    public void Write(OtsTimestamp timestamp)
    {
        int left = timestamp.Attestations.Length + timestamp.Branches.Length;
        foreach (OtsAttestation attestation in timestamp.Attestations)
        {
            Separate(--left);
            (byte[] tag, byte[] payload) = attestation.Encode();
            Write([AttestationMark, .. tag]);
            WriteString(payload);
        }

        foreach (OtsBranch branch in timestamp.Branches)
        {
            Separate(--left);
            Write([(byte)branch.Operation.Code]);
            if (branch.Operation.HasArgument)
            {
                WriteString(branch.Operation.Argument.Span);
            }

            Write(branch.Next);
        }
    }

    private void Separate(int left)
    {
        if (left > 0)
        {
            _bytes.Add(Fork);
        }
    }

    private void WriteString(ReadOnlySpan<byte> bytes)
    {
        Write(OtsNumber.Encode((uint)bytes.Length));
        Write(bytes);
    }
}
