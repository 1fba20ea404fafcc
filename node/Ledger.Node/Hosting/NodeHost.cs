using Ledger.Node.Api;
using Ledger.Node.Doors;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.FileProviders;

namespace Ledger.Node.Hosting;

/// <summary>The HTTP side of a node: doors, problem documents, pages.</summary>
internal static class NodeHost
{
    /// <summary>Bytes of request headers; nothing here needs more.</summary>
    private const int HeaderBytesMax = 16_384;

    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static WebApplication Build(NodeReader reader, string address, string? pages)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RecordDoors.BatchBytesMax + 1;
            kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        });
        builder.WebHost.UseUrls($"http://{address}");
        builder.Services.AddSingleton(reader);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        builder.Services.AddOpenApi("v1");

        WebApplication app = builder.Build();
        app.UseExceptionHandler(handler => handler.Run(OnExceptionAsync));
        app.UseStatusCodePages(OnStatusAsync);
        app.Use(WithHeadersAsync);
        if (pages is not null && Directory.Exists(pages))
        {
            ServePages(app, pages);
        }

        app.UseRouting();
        RecordDoors.Map(app);
        StreamDoors.Map(app);
        ChainDoors.Map(app);
        OperationDoors.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
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

    private static Task WithHeadersAsync(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = PagePolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        return next(context);
    }

    /// <summary>Never a page with a stack trace. A request that broke off or was too large is the caller's, the rest is ours.</summary>
    private static Task OnExceptionAsync(HttpContext context)
    {
        Exception? exception = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        ProblemModel problem = exception is BadHttpRequestException bad
            ? bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problems.TooLarge($"A batch has at most {RecordDoors.BatchBytesMax} bytes: split it.")
                : Problems.Of("bad-request", bad.StatusCode, "The request cannot be read", "Send it again whole; see /docs for the doors and their parameters.")
            : Problems.Of("internal", 500, "The node failed to answer", "Nothing of the request was kept unless a receipt says so; the node's log has the cause.");
        return Problems.Answer(problem).ExecuteAsync(context);
    }

    private static Task OnStatusAsync(StatusCodeContext status)
    {
        HttpContext context = status.HttpContext;
        ProblemModel problem = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Problems.NoSuchDoor(),
            StatusCodes.Status405MethodNotAllowed => Problems.Of(
                "method", 405, "This door takes other methods", $"Use {context.Response.Headers.Allow}."),
            StatusCodes.Status413PayloadTooLarge => Problems.TooLarge($"A batch has at most {RecordDoors.BatchBytesMax} bytes: split it."),
            StatusCodes.Status415UnsupportedMediaType => Problems.MediaTypeUnknown("See /docs for what this door takes."),
            int code => Problems.Of("request", code, "The request was refused", "See /docs for the doors and their parameters."),
        };
        return Problems.Answer(problem).ExecuteAsync(context);
    }
}
