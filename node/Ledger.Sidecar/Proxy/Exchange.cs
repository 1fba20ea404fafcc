using Ledger.Client;
using Ledger.Records.Bodies;
using Ledger.Sidecar.Hosting;

namespace Ledger.Sidecar.Proxy;

/// <summary>
/// One act of a model behind the proxy: the request goes to the upstream, what comes back goes to the caller and into
/// the outcome. The caller has a whole answer only when the outcome is sealed; an answer that is cut short stays cut.
/// </summary>
internal sealed class Exchange(HttpContext context, GuardedAct act, HttpClient upstream, SidecarOptions options)
{
    private const int PieceBytes = 16_384;

    private readonly MemoryStream _answer = new();
    private string? _type;
    private bool _ended;

    public async Task RunAsync(HttpRequestMessage request)
    {
        using CancellationTokenSource late = new();
        if (act.Deadline is { } deadline)
        {
            TimeSpan left = deadline - DateTimeOffset.UtcNow;
            late.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, late.Token);
        try
        {
            using HttpResponseMessage response = await upstream
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token)
                .ConfigureAwait(false);
            if (await PassOnAsync(response, stop.Token).ConfigureAwait(false))
            {
                await EndAsync(StatusOf(response)).ConfigureAwait(false);
                await FinishAsync().ConfigureAwait(false);
                return;
            }

            await FailAsync(
                OutcomeStatus.Blocked,
                Problem.UpstreamFailed($"Its answer is longer than {options.AnswerBytesMax} bytes; allow more with "
                    + "--answer-bytes if that is right.")).ConfigureAwait(false);
        }
        catch (Exception e) when (IsTrouble(e) && context.RequestAborted.IsCancellationRequested)
        {
            await EndAsync(OutcomeStatus.Abandoned).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            await FailAsync(OutcomeStatus.TimedOut, Problem.UpstreamLate).ConfigureAwait(false);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            await FailAsync(
                OutcomeStatus.Failed,
                Problem.UpstreamFailed($"{options.Upstream} cannot be reached, or broke off: {e.Message}"))
                .ConfigureAwait(false);
        }
        finally
        {
            // Whatever else went wrong: an act that ran has an outcome.
            await EndAsync(OutcomeStatus.Failed).ConfigureAwait(false);
        }
    }

    private static bool IsTrouble(Exception e) =>
        e is HttpRequestException or IOException or OperationCanceledException;

    /// <summary>
    /// An answer of known length is held back until its outcome is sealed; a stream goes on piece by piece, and it is its
    /// end that is held back.
    /// </summary>
    /// <returns>False if the answer is longer than is allowed.</returns>
    private async Task<bool> PassOnAsync(HttpResponseMessage response, CancellationToken stop)
    {
        _type = response.Content.Headers.ContentType?.MediaType;
        bool streams = response.Content.Headers.ContentLength is null;
        context.Response.StatusCode = (int)response.StatusCode;
        Headers.ToCaller(response, context.Response.Headers);
        context.Response.Headers[Headers.Intent] = act.Context.IntentId.ToString();
        Stream body = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            byte[] piece = new byte[PieceBytes];
            int read;
            while ((read = await body.ReadAsync(piece, stop).ConfigureAwait(false)) > 0)
            {
                if (_answer.Length + read > options.AnswerBytesMax)
                {
                    return false;
                }

                _answer.Write(piece.AsSpan(0, read));
                if (streams)
                {
                    await context.Response.Body.WriteAsync(piece.AsMemory(0, read), stop).ConfigureAwait(false);
                    await context.Response.Body.FlushAsync(stop).ConfigureAwait(false);
                }
            }
        }

        return true;
    }

    private OutcomeStatus StatusOf(HttpResponseMessage response)
    {
        ChatReply reply = ChatReply.Read(_answer.GetBuffer().AsMemory(0, (int)_answer.Length), _type);
        act.Context.Reported = reply.Model;
        return response.IsSuccessStatusCode ? reply.Status : OutcomeStatus.Failed;
    }

    /// <summary>The first end counts.</summary>
    private async Task EndAsync(OutcomeStatus status)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        if (_answer.Length > 0)
        {
            act.Context.AddOutput(_answer.ToArray(), _type is { Length: <= ActContext.TextMax } ? _type : null);
        }

        await act.EndAsync(status).ConfigureAwait(false);
    }

    private async Task FinishAsync()
    {
        if (!context.Response.HasStarted && _answer.Length > 0)
        {
            context.Response.ContentLength = _answer.Length;
            await context.Response.Body.WriteAsync(_answer.GetBuffer().AsMemory(0, (int)_answer.Length))
                .ConfigureAwait(false);
        }
    }

    private async Task FailAsync(OutcomeStatus status, Problem problem)
    {
        await EndAsync(status).ConfigureAwait(false);
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.Headers[Headers.Intent] = act.Context.IntentId.ToString();
        await (problem with { Intent = act.Context.IntentId.ToString() }).AnswerAsync(context).ConfigureAwait(false);
    }
}
