using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ledger.Client;
using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Sidecar.Hosting;

namespace Ledger.Sidecar.Acts;

/// <summary>
/// The doors for programs that run their acts themselves: <c>POST /intent</c>, answered once the act may run, and
/// <c>POST /outcome</c>.
/// </summary>
internal sealed class ActDoors(Guard guard, StreamSealer sealer, OpenActs acts, SidecarOptions options)
{
    private const int DeadlineMsMax = 1_000_000_000;

    public async Task IntentAsync(HttpContext context)
    {
        IntentMessage message = await ReadAsync(context, SidecarJson.Default.IntentMessage).ConfigureAwait(false);
        options.Model?.Refresh();
        IntentDescription intent = Describe(message);
        GuardedAct act = await guard.BeginAsync(intent, context.RequestAborted).ConfigureAwait(false);
        acts.Add(act);
        RecordState state = intent.GoAhead ?? options.GoAhead;
        await AnswerAsync(
            context,
            new IntentAnswer(
                act.Context.IntentId.ToString(),
                act.Intent.Stream.ToString(),
                act.Intent.Seq.Value,
                act.Intent.Time.Milliseconds,
                Word(state),
                act.Deadline?.ToUnixTimeMilliseconds()),
            SidecarJson.Default.IntentAnswer).ConfigureAwait(false);
    }

    public async Task OutcomeAsync(HttpContext context)
    {
        OutcomeMessage message = await ReadAsync(context, SidecarJson.Default.OutcomeMessage).ConfigureAwait(false);
        if (!RecordId.TryParseHex(message.Intent, out RecordId intent))
        {
            throw new ArgumentException("'intent' is the id that POST /intent answered, 128 hexadecimal digits.");
        }

        OutcomeStatus status = Status(message.Status);
        Content[] outputs = [.. (message.Output ?? []).Select((output, i) => output.ToContent($"output[{i}]"))];
        if (acts.Take(intent) is not { } act)
        {
            Problem problem = acts.OutcomeOf(intent) is { } stands
                ? Problem.OutcomeStands(stands.ToString())
                : Problem.UnknownIntent;
            await problem.AnswerAsync(context).ConfigureAwait(false);
            return;
        }

        try
        {
            Fill(act.Context, message, outputs);
        }
        catch
        {
            acts.Add(act);
            throw;
        }

        Record outcome = await acts.EndAsync(act, status).ConfigureAwait(false);
        await AnswerAsync(
            context,
            new OutcomeAnswer(
                outcome.Id.ToString(),
                intent.ToString(),
                outcome.Seq.Value,
                outcome.Time.Milliseconds,
                status.Word()),
            SidecarJson.Default.OutcomeAnswer).ConfigureAwait(false);
    }

    public Task StatusAsync(HttpContext context)
    {
        GuardStatus status = guard.Status;
        return AnswerAsync(
            context,
            new StatusAnswer(
                sealer.Stream.ToString(),
                status.Acts,
                status.Sealed,
                status.Taken,
                status.Settled,
                status.Problem,
                sealer.Warnings),
            SidecarJson.Default.StatusAnswer,
            StatusCodes.Status200OK);
    }

    private IntentDescription Describe(IntentMessage message)
    {
        if (message.DeadlineMs is { } wait and (< 1 or > DeadlineMsMax))
        {
            throw new ArgumentException($"'deadlineMs' is from 1 to {DeadlineMsMax}, not {wait}.");
        }

        return new IntentDescription
        {
            Action = message.Action ?? options.Action,
            Actor = message.Actor is { } actor ? new Actor(actor.Id, ActorTypeOf(actor.Type)) : options.Actor,
            Authority = message.Authority ?? options.Authority,
            Model = message.Model is { } model ? new ModelReference(model.Name, model.Version) : Unwatched(),
            Inputs = [.. message.Input.Select((input, i) => input.ToContent($"input[{i}]"))],
            Target = message.Target,
            Subject = message.Subject,
            Deadline = message.DeadlineMs is { } ms ? DateTimeOffset.UtcNow.AddMilliseconds(ms) : null,
            Causes = [.. (message.Causes ?? []).Select(IdOf)],
            GoAhead = message.GoAhead is null ? null : StateOf(message.GoAhead),
        };
    }

    /// <summary>Null where the guard knows the model; else the request has to name it.</summary>
    private ModelReference? Unwatched() => options.Model is not null
        ? null
        : throw new ArgumentException(
            "'model' is missing: give {\"name\": \"…\", \"version\": \"…\"}, or start the sidecar with --model.");

    private static void Fill(ActContext context, OutcomeMessage message, Content[] outputs)
    {
        if (outputs.Length > ActContext.OutputsMax)
        {
            throw new ArgumentException($"An act has at most {ActContext.OutputsMax} outputs: put several into one.");
        }

        if (message.Oversight is { } oversight)
        {
            context.Oversee(oversight.Person, oversight.Decision);
        }

        context.Reported = message.Reported;
        Array.ForEach(outputs, context.AddOutput);
    }

    private async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        // A page of another site can send a form or a text without asking first, and JSON only after asking.
        if (!context.Request.HasJsonContentType())
        {
            throw new BadHttpRequestException("Not JSON.", StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                .ConfigureAwait(false) ?? throw new ArgumentException("The body is a JSON object, not null.");
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The body is not what this door takes: {e.Message}", e);
        }
    }

    private static Task AnswerAsync<T>(
        HttpContext context, T answer, JsonTypeInfo<T> type, int status = StatusCodes.Status201Created)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, answer, type, context.RequestAborted);
    }

    private static OutcomeStatus Status(string word)
    {
        foreach (OutcomeStatus status in Enum.GetValues<OutcomeStatus>())
        {
            if (status.Word() == word)
            {
                return status;
            }
        }

        throw new ArgumentException("'status' is executed, refused, blocked, failed, timed-out or abandoned.");
    }

    private static ActorType ActorTypeOf(string word) => word switch
    {
        "human" => ActorType.Human,
        "service" => ActorType.Service,
        "agent" => ActorType.Agent,
        _ => throw new ArgumentException("'actor.type' is human, service or agent."),
    };

    private static RecordState StateOf(string word) => word switch
    {
        "sealed" => RecordState.Sealed,
        "settled" => RecordState.Settled,
        "anchored" => RecordState.Anchored,
        _ => throw new ArgumentException("'goAhead' is sealed, settled or anchored."),
    };

    private static RecordId IdOf(string hex) => RecordId.TryParseHex(hex, out RecordId id)
        ? id
        : throw new ArgumentException("'causes' are record ids, 128 hexadecimal digits each.");

    private static string Word(RecordState state) => state.ToString().ToLowerInvariant();
}
