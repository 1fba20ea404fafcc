using Ledger.Network.Wire;

namespace Ledger.Network.Connections;

/// <summary>Carries multistream-select over a byte stream, reading not one byte beyond it.</summary>
internal static class Negotiation
{
    /// <summary>Proposes a protocol, and sends what may follow without waiting for the answer.</summary>
    /// <exception cref="NetworkException">The other side does not speak it, or does not negotiate.</exception>
    public static async Task ProposeAsync(
        Stream stream, string protocol, ReadOnlyMemory<byte> early, CancellationToken stop)
    {
        byte[] opening =
            [.. MultistreamMessage.Encode(MultistreamMessage.Header), .. MultistreamMessage.Encode(protocol), .. early.Span];
        await stream.WriteAsync(opening, stop);
        string header = await ReadMessageAsync(stream, stop);
        if (header != MultistreamMessage.Header)
            throw Violation($"The peer answers '{header}' where multistream-select begins.");
        string answer = await ReadMessageAsync(stream, stop);
        if (answer == MultistreamMessage.NotAvailable)
            throw new NetworkException(NetworkFault.ProtocolUnknown, $"The peer does not speak {protocol}.");
        if (answer != protocol)
            throw Violation($"The peer answers '{answer}' to the proposal {protocol}.");
    }

    /// <summary>Answers proposals until one is taken, and says which.</summary>
    /// <exception cref="NetworkException">The other side does not negotiate, or proposes too much.</exception>
    public static async Task<string> AnswerAsync(Stream stream, Func<string, bool> speaks, CancellationToken stop)
    {
        MultistreamResponder responder = new(speaks);
        while (responder.Chosen is null)
        {
            string message = await ReadMessageAsync(stream, stop);
            if (!responder.TryAnswer(message, out string answer))
                throw Violation("The peer does not negotiate a protocol.");
            await stream.WriteAsync(MultistreamMessage.Encode(answer), stop);
        }
        return responder.Chosen;
    }

    private static async Task<string> ReadMessageAsync(Stream stream, CancellationToken stop)
    {
        byte[] buffer = new byte[2 + MultistreamMessage.TextBytesMax + 1];
        int held = 0;
        while (true)
        {
            ReadOutcome outcome = MultistreamMessage.TryRead(buffer.AsSpan(0, held), out string text, out _);
            if (outcome == ReadOutcome.Done)
                return text;
            if (outcome == ReadOutcome.Invalid)
                throw Violation("The peer sent what is no message of multistream-select.");
            // Byte by byte through the length, then the rest at once.
            int wanted = Varint.TryRead(buffer.AsSpan(0, held), out ulong length, out int prefix) == ReadOutcome.Done
                ? prefix + (int)length - held
                : 1;
            int read = await stream.ReadAsync(buffer.AsMemory(held, wanted), stop);
            if (read == 0)
                throw new NetworkException(NetworkFault.EndedByPeer, "The peer ended the negotiation.");
            held += read;
        }
    }

    private static NetworkException Violation(string message) => new(NetworkFault.ProtocolViolation, message);
}
