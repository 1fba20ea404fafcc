using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Ledger.Anchoring.Roots;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Node.Hosting;
using Ledger.Runtime.Roots;

namespace Ledger.Node.Doors;

/// <summary>The interface of an OpenTimestamps calendar, as its stock clients speak it.</summary>
internal static class CalendarDoors
{
    private const string Text = "text/plain";

    private static readonly Parameter Commitment =
        Parameter.Hex("commitment", 2 * Digest.Size, "What the pending attestation is about.") with { InPath = true };

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/digest", StampAsync).Produces<byte[]>(200, EvidenceAnswer.Ots)
            .Describe(new Door("stampDigest", Door.Digests, "OpenTimestamps calendar: stamp a message")
            {
                Description = $"The body is the message itself, 1 to {RootTimestamp.MessageBytesMax} bytes, whatever its media "
                    + "type. The answer, once the digest is durable here, is a timestamp that ends in a pending attestation with "
                    + "this node's address.",
                Problems =
                [
                    ProblemType.DigestsForm, ProblemType.Slow, ProblemType.TooLarge, ProblemType.Quota,
                    ProblemType.NotOffered, ProblemType.Busy, ProblemType.DiskFull,
                ],
            });
        app.MapGet("/timestamp/{commitment}", Get)
            .Produces<byte[]>(200, EvidenceAnswer.Ots).Produces<string>(404, Text)
            .Describe(new Door("getTimestamp", Door.Digests, "OpenTimestamps calendar: the way into Bitcoin")
            {
                Description = $"A timestamp that ends in a Bitcoin attestation, under {OtsLimits.ReplyBytes} bytes; 404 with a "
                    + "short reason while there is none.",
                Parameters = [Commitment],
                Answers = ImmutableDictionary<int, string>.Empty.Add(404, "Not known here, or not in Bitcoin yet: the text says which."),
            });
    }

    private static async Task<IResult> StampAsync(HttpRequest request, NodeReader reader)
    {
        if (DigestDoors.Offered(reader) is not { } roots)
        {
            return DigestDoors.NotOffered();
        }

        if ((roots.PublicUrl ?? Loopback(request)) is not { } address)
        {
            return Problems.Answer(ProblemType.NotOffered.With(
                "A calendar must name an address at which its clients find it again: its operator sets publicUrl in node.json."));
        }

        if (request.ContentLength > RootTimestamp.MessageBytesMax
            || await RequestBody.ReadAsync(request, RootTimestamp.MessageBytesMax).ConfigureAwait(false) is not { } message)
        {
            return Problems.Answer(ProblemType.TooLarge.With(
                $"A message has at most {RootTimestamp.MessageBytesMax} bytes: send the digest of what you have."));
        }

        if (message.Length == 0)
        {
            return Problems.Answer(ProblemType.DigestsForm.With("Send the digest itself as the body, such as the 32 bytes of a SHA-256."));
        }

        byte[] nonce = RandomNumberGenerator.GetBytes(RootTimestamp.NonceBytes);
        OtsTimestamp pending = RootTimestamp.Pending(message, nonce, address, out Digest digest);
        DigestOutcome outcome = await roots.Roots.SubmitAsync([digest]).ConfigureAwait(false);
        return outcome.Refusal is null
            ? Results.Bytes(pending.Encode(), EvidenceAnswer.Ots)
            : Problems.Answer(DigestDoors.Refused(outcome, roots.Roots.Limits));
    }

    private static IResult Get(HttpRequest request, NodeReader reader)
    {
        QueryParameters parameters = new(request);
        Digest commitment = parameters.Digest(Commitment) ?? default;
        if (parameters.Problem is { } bad)
        {
            return Problems.Answer(bad);
        }

        if (reader.Roots is not { } roots || roots.StateOf(commitment) is not { } state)
        {
            return NotThere("Not found");
        }

        if (roots.Timestamp(commitment) is not { } timestamp)
        {
            return NotThere(state.Phase switch
            {
                DigestPhase.Waiting or DigestPhase.Sealed => "Pending, waits for its block",
                _ => "Pending confirmation in Bitcoin blockchain",
            });
        }

        byte[] reply = timestamp.Encode();
        return reply.Length < OtsLimits.ReplyBytes
            ? Results.Bytes(reply, EvidenceAnswer.Ots)
            : NotThere("Too long for this interface, ask v1 roots");
    }

    /// <summary>Clients show at most 160 characters of it, letters, digits and "#-.,; " only.</summary>
    private static IResult NotThere(string reason) => Results.Text(reason, Text, statusCode: StatusCodes.Status404NotFound);

    /// <summary>
    /// Where who asks from this very machine finds the node again; null for all others, and behind a proxy, which would
    /// hand out an address that leads its clients nowhere.
    /// </summary>
    private static string? Loopback(HttpRequest request)
    {
        ConnectionInfo connection = request.HttpContext.Connection;
        bool direct = connection.LocalIpAddress is { } local && IPAddress.IsLoopback(local)
            && request.Headers["X-Forwarded-For"].Count == 0 && request.Headers["Forwarded"].Count == 0
            && request.Headers.Via.Count == 0
            && (request.Host.Host is "localhost" or "127.0.0.1" or "[::1]");
        return direct ? $"http://localhost:{connection.LocalPort}" : null;
    }
}
