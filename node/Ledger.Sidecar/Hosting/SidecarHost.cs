using Ledger.Client;
using Ledger.Sidecar.Acts;
using Ledger.Sidecar.Proxy;

namespace Ledger.Sidecar.Hosting;

/// <summary>The HTTP side of a guard: doors of its own, and, where there is an upstream, everything else to there.</summary>
internal sealed class SidecarHost : IAsyncDisposable
{
    /// <summary>More than acts, so that those in excess are told so.</summary>
    private const int ConnectionsMax = 4_096;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly OpenActs _acts;
    private readonly UpstreamProxy? _proxy;

    private SidecarHost(WebApplication app, OpenActs acts, UpstreamProxy? proxy) =>
        (_app, _acts, _proxy) = (app, acts, proxy);

    public Uri Address => new(_app.Urls.First());

    /// <summary>Ends when the process is asked to stop.</summary>
    public Task Stopped => _app.WaitForShutdownAsync();

    /// <summary>Serves from the time this returns. Guard and sealer are the caller's, disposed of after the host.</summary>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static async Task<SidecarHost> StartAsync(
        Guard guard, StreamSealer sealer, SidecarOptions options, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            Args = [],
            EnvironmentName = Environments.Production,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = options.RequestBytesMax;
            kestrel.Listen(options.Listen);
        });
        builder.Services.AddSingleton(options).AddSingleton<RequestGate>();
        WebApplication app = builder.Build();
        OpenActs acts = new();
        UpstreamProxy? proxy = options.Upstream is null ? null : new UpstreamProxy(guard, options);
        SidecarHost host = new(app, acts, proxy);
        RequestGate gate = app.Services.GetRequiredService<RequestGate>();
        ActDoors doors = new(guard, sealer, acts, options);
        app.Use((context, next) => gate.RunAsync(context, next));
        app.Run(context => Route(context.Request.Method, context.Request.Path.Value!, doors, proxy)(context));
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
            return host;
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops listening, lets requests under way end, then abandons acts that nobody has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        using (CancellationTokenSource patience = new(StopPatience))
        {
            await _app.StopAsync(patience.Token).ConfigureAwait(false);
        }

        await _acts.DisposeAsync().ConfigureAwait(false);
        _proxy?.Dispose();
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static RequestDelegate Route(string method, string path, ActDoors doors, UpstreamProxy? proxy) =>
        (method, path) switch
        {
            ("POST", "/intent") => doors.IntentAsync,
            ("POST", "/outcome") => doors.OutcomeAsync,
            ("GET", "/status") => doors.StatusAsync,
            ("GET", "/healthz") => static context => context.Response.WriteAsync("ok\n"),
            _ when proxy is not null => proxy.ForwardAsync,
            _ => static context => Problem.NoSuchDoor.AnswerAsync(context),
        };
}
