using System.Net;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging.Console;

namespace Ledger.Node.Hosting;

/// <summary>The HTTP side of a node: doors, problem documents, pages.</summary>
internal static class NodeHost
{
    /// <summary>Connections open at once; one more is closed.</summary>
    private const int ConnectionsMax = 4_096;

    /// <summary>Where the server itself gives up on a request's head, without a problem document.</summary>
    private const int ServerHeaderBytesMax = 65_536;

    /// <summary>What is left in the environment or the current folder changes nothing: all settings are the arguments.</summary>
    /// <param name="address">Port 0 takes a free one.</param>
    /// <param name="pages">Folder of the pages; null for a node without.</param>
    public static WebApplication Build(NodeReader reader, NodeFailure failure, IPEndPoint address, string? pages)
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
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            // What is printed for programs stays apart, and a log that nobody reads holds nothing up.
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = SubmitDoor.BatchBytesMax + 1;
            kestrel.Limits.MaxRequestHeadersTotalSize = ServerHeaderBytesMax;
            kestrel.Limits.MaxRequestLineSize = 4 * RequestGuard.AddressBytesMax;
            kestrel.Listen(address);
        });
        builder.Services.AddRouting();
        builder.Services.AddSingleton(reader).AddSingleton(failure).AddSingleton<RequestGuard>().AddSingleton<ApiDescription>();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Readable);
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
        });
        builder.Services.AddOpenApi(ApiDescription.Name, ApiDescription.Configure);

        WebApplication app = builder.Build();
        RequestGuard guard = app.Services.GetRequiredService<RequestGuard>();
        app.Use((context, next) => guard.RunAsync(context, next));
        app.UseStatusCodePages(RequestGuard.DescribeStatusAsync);
        if (pages is not null && Directory.Exists(pages))
        {
            ServePages(app, pages);
        }

        app.UseRouting();
        app.Use(RequestGuard.RefuseUnknownParametersAsync);
        SubmitDoor.Map(app);
        RecordDoors.Map(app);
        StreamDoors.Map(app);
        FreezeDoor.Map(app);
        ChainDoors.Map(app);
        GovernanceDoors.Map(app);
        AnchorDoors.Map(app);
        DigestDoors.Map(app);
        CalendarDoors.Map(app);
        OperationDoors.Map(app);
        app.MapGet(ApiDescription.Address, async (ApiDescription description) =>
            Results.Bytes(await description.BytesAsync().ConfigureAwait(false), "application/json")).ExcludeFromDescription();
        return app;
    }

    private static void ServePages(WebApplication app, string pages)
    {
        PhysicalFileProvider files = new(pages);
        app.Use((context, next) =>
        {
            if (context.Request.Path == "/docs" || context.Request.Path == "/docs/")
            {
                context.Request.Path = "/docs.html";
            }

            return next(context);
        });
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files });
    }
}
