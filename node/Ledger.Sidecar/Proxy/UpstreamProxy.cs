using System.Net.Http.Headers;
using Ledger.Client;
using Ledger.Records.Bodies;
using Ledger.Sidecar.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Ledger.Sidecar.Proxy;

/// <summary>
/// Puts an intent before every request to the upstream, whatever its method and path: the upstream sees no byte of a
/// request, not even a connection for it, before the intent is as far as the guard's policy asks.
/// </summary>
internal sealed class UpstreamProxy : IDisposable
{
    private static readonly UriCreationOptions AsItStands = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly Guard _guard;
    private readonly SidecarOptions _options;
    private readonly string _prefix;
    private readonly HttpClient _client;

    /// <param name="options">With an upstream.</param>
    public UpstreamProxy(Guard guard, SidecarOptions options)
    {
        (_guard, _options) = (guard, options);
        _prefix = options.Upstream!.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _client = new HttpClient(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            UseProxy = !options.Upstream.IsLoopback,
        })
        {
            // Each act has its own deadline.
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task ForwardAsync(HttpContext context)
    {
        string target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (!target.StartsWith('/'))
        {
            throw new ArgumentException("A request names a path, beginning with a slash.");
        }

        byte[] body = await ReadAsync(context.Request).ConfigureAwait(false);
        _options.Model?.Refresh();
        GuardedAct act = await _guard
            .BeginAsync(Describe(context.Request, target, body), context.RequestAborted)
            .ConfigureAwait(false);
        using HttpRequestMessage request = new(
            new HttpMethod(context.Request.Method), new Uri(_prefix + target, AsItStands));
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(body);
        }

        Headers.ToUpstream(context.Request.Headers, request);
        request.Headers.TryAddWithoutValidation(Headers.Intent, act.Context.IntentId.ToString());
        await new Exchange(context, act, _client, _options).RunAsync(request).ConfigureAwait(false);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The body is the input; a request without one is its own first line.</summary>
    private IntentDescription Describe(HttpRequest request, string target, byte[] body)
    {
        string? type = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed)
            ? parsed.MediaType
            : null;
        return new IntentDescription
        {
            Action = request.Headers[Headers.Action].FirstOrDefault() ?? _options.Action,
            Actor = request.Headers[Headers.Actor].FirstOrDefault() is { Length: > 0 } actor
                ? new Actor(actor, _options.Actor.Type)
                : _options.Actor,
            Authority = request.Headers[Headers.Authority].FirstOrDefault() ?? _options.Authority,
            Target = request.Headers[Headers.Target].FirstOrDefault() is { Length: > 0 } concerned ? concerned : null,
            Model = _options.Model is not null
                ? null
                : new ModelReference(ChatReply.ModelAskedFor(body) ?? "unnamed", "as-requested"),
            Inputs = body.Length > 0
                ? [new Content(body, type is { Length: <= ActContext.TextMax } ? type : null)]
                : [Content.Text($"{request.Method} {target}")],
        };
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        using MemoryStream body = new();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted).ConfigureAwait(false);
        return body.ToArray();
    }
}
