using System.Globalization;
using System.Text.Json.Nodes;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Ledger.Node.Hosting;

/// <summary>The OpenAPI document, made of what each door says of itself. It never changes while the node runs.</summary>
internal sealed class ApiDescription(IServiceProvider services)
{
    public const string Name = "v1";
    public const string Address = "/openapi/v1.json";

    /// <summary>Beside an answer that is a problem document: the types that it may have here.</summary>
    public const string TypesMember = "x-problem-types";

    private readonly Lazy<Task<byte[]>> _bytes = new(() => WriteAsync(services));

    public Task<byte[]> BytesAsync() => _bytes.Value;

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.CreateSchemaReferenceId = type => type.Type.Name.EndsWith("Model", StringComparison.Ordinal)
            ? type.Type.Name[..^"Model".Length]
            : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddOperationTransformer((operation, context, _) => Transform(operation, context));
        options.AddDocumentTransformer((document, _, _) => Transform(document));
    }

    private static Task Transform(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Ledger",
            Version = typeof(ApiDescription).Assembly.GetName().Version!.ToString(3),
            Description = "Records, streams, blocks, proofs and anchors of this node. Reading needs no account; records authenticate "
                + "themselves. Errors are problem documents (RFC 9457).",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Tags = new HashSet<OpenApiTag>(
            Door.Groups.Select(group => new OpenApiTag { Name = group.Name, Description = group.Description }));
        return Task.CompletedTask;
    }

    private static async Task Transform(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        Door door = context.Description.ActionDescriptor.EndpointMetadata.OfType<Door>().Single();
        operation.OperationId = door.Id;
        operation.Summary = door.Summary;
        operation.Description = door.Description;
        operation.Tags = new HashSet<OpenApiTagReference> { new(door.Group, context.Document) };
        operation.Parameters = [.. door.Parameters.Select(parameter => parameter.Describe())];
        foreach (OpenApiMediaType body in (operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>()).Values)
        {
            body.Schema = Bytes();
        }

        foreach ((string status, IOpenApiResponse answer) in operation.Responses!)
        {
            int code = int.Parse(status, CultureInfo.InvariantCulture);
            answer.Description = door.Answers.GetValueOrDefault(code, ReasonPhrases.GetReasonPhrase(code));
            foreach ((string mediaType, OpenApiMediaType content) in answer.Content ?? new Dictionary<string, OpenApiMediaType>())
            {
                content.Schema = mediaType is "application/json" ? Rendered(content.Schema)
                    : mediaType.StartsWith("text/", StringComparison.Ordinal) ? new OpenApiSchema { Type = JsonSchemaType.String }
                    : Bytes();
            }
        }

        IOpenApiSchema problem = await context.GetOrCreateSchemaAsync(typeof(ProblemModel)).ConfigureAwait(false);
        context.Document!.AddComponent("Problem", problem);
        foreach (IGrouping<int, ProblemType> types in door.AllProblems.GroupBy(type => type.Status).OrderBy(types => types.Key))
        {
            AddProblems(operation.Responses, types, context.Document);
        }
    }

    /// <summary>One answer for each status, with the types of problem that it may hold.</summary>
    private static void AddProblems(OpenApiResponses answers, IGrouping<int, ProblemType> types, OpenApiDocument document)
    {
        string status = types.Key.ToString(CultureInfo.InvariantCulture);
        if (!answers.TryGetValue(status, out IOpenApiResponse? answer))
        {
            answers[status] = answer = new OpenApiResponse { Content = new Dictionary<string, OpenApiMediaType>() };
            answer.Description = string.Join(' ', types.Select(type => $"{type.Title} (`{type.Address}`)."));
        }

        answer.Content![Problems.MediaType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("Problem", document) };
        ((OpenApiResponse)answer).Extensions = new Dictionary<string, IOpenApiExtension>
        {
            [TypesMember] = new JsonNodeExtension(new JsonArray([.. types.Select(type => (JsonNode)JsonValue.Create(type.Address))])),
        };
    }

    /// <summary>What is bytes in other media types is an object of its own format here.</summary>
    private static IOpenApiSchema? Rendered(IOpenApiSchema? schema) =>
        schema?.Format == "byte" ? new OpenApiSchema { Type = JsonSchemaType.Object } : schema;

    private static OpenApiSchema Bytes() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static async Task<byte[]> WriteAsync(IServiceProvider services)
    {
        IOpenApiDocumentProvider provider = services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
        OpenApiDocument document = await provider.GetOpenApiDocumentAsync().ConfigureAwait(false);
        string text = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1).ConfigureAwait(false);
        return System.Text.Encoding.UTF8.GetBytes(text);
    }
}
