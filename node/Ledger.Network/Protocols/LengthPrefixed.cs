using Ledger.Network.Wire;

namespace Ledger.Network.Protocols;

/// <summary>Messages on a stream, each behind its length as a varint.</summary>
internal static class LengthPrefixed
{
    public static byte[] Encode(ReadOnlySpan<byte> message)
    {
        byte[] target = new byte[Varint.Length((ulong)message.Length) + message.Length];
        message.CopyTo(target.AsSpan(Varint.Write(target, (ulong)message.Length)));
        return target;
    }

    /// <summary>The next message; null where the other side has closed its half between two.</summary>
    /// <exception cref="NetworkException">The message is too long, or breaks off.</exception>
    public static async ValueTask<byte[]?> ReadAsync(Stream stream, int bytesMax, CancellationToken stop)
    {
        byte[] prefix = new byte[Varint.BytesMax];
        int held = 0;
        while (true)
        {
            ReadOutcome outcome = Varint.TryRead(prefix.AsSpan(0, held), out ulong length, out _);
            if (outcome == ReadOutcome.Invalid || length > (ulong)bytesMax)
            {
                throw new NetworkException(
                    NetworkFault.ProtocolViolation, $"The peer sent a message of more than {bytesMax} bytes.");
            }
            if (outcome == ReadOutcome.Done)
                return await ReadBodyAsync(stream, (int)length, stop);
            if (await stream.ReadAsync(prefix.AsMemory(held, 1), stop) == 0)
                return held == 0 ? null : throw BrokenOff();
            held++;
        }
    }

    private static async ValueTask<byte[]> ReadBodyAsync(Stream stream, int length, CancellationToken stop)
    {
        // Memory is taken as bytes arrive, not as they are announced.
        byte[] body = new byte[Math.Min(length, FirstBytes)];
        int held = 0;
        while (held < length)
        {
            if (held == body.Length)
                Array.Resize(ref body, Math.Min(length, body.Length * 2));
            int read = await stream.ReadAsync(body.AsMemory(held), stop);
            if (read == 0)
                throw BrokenOff();
            held += read;
        }
        return body;
    }

    private const int FirstBytes = 16 * 1024;

    private static NetworkException BrokenOff() =>
        new(NetworkFault.ProtocolViolation, "The peer broke off within a message.");
}
