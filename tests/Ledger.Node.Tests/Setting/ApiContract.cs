using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Node.Hosting;

namespace Ledger.Node.Tests.Setting;

/// <summary>The API description as a judge of answers: statuses, media types, problem types, shapes.</summary>
internal sealed class ApiContract(JsonNode document)
{
    /// <summary>What the description says of the door that a path leads to; null if it leads to none.</summary>
    public JsonNode? Operation(string method, string path)
    {
        foreach ((string template, JsonNode? item) in document["paths"]!.AsObject())
        {
            if (Leads(path.Split('/'), template.Split('/')))
            {
                return item![(method == "HEAD" ? "GET" : method).ToLowerInvariant()];
            }
        }

        return null;
    }

    private static bool Leads(string[] path, string[] template) =>
        path.Length == template.Length && path.Zip(template).All(pair => pair.Second.StartsWith('{') || pair.First == pair.Second);

    /// <summary>Fails the test that gets an answer which the description does not promise.</summary>
    public void Check(JsonNode operation, int status, string? mediaType, string? body)
    {
        JsonNode? answer = operation["responses"]![status.ToString()];
        Assert.True(answer is not null, $"{operation["operationId"]} answers {status}, which its description does not name.");
        if (mediaType is null)
        {
            return;
        }

        JsonNode? content = answer["content"]?[mediaType];
        Assert.True(content is not null, $"{operation["operationId"]} answers {status} as {mediaType}, which is not described.");
        if (!mediaType.EndsWith("json", StringComparison.Ordinal) || string.IsNullOrEmpty(body))
        {
            return;
        }

        JsonNode value = JsonNode.Parse(body)!;
        if (content["schema"]?["format"] is not { } format || (string?)format != "binary")
        {
            CheckShape(value, content["schema"]!, "$");
        }

        if (mediaType == "application/problem+json")
        {
            Assert.Contains((string)value["type"]!, answer[ApiDescription.TypesMember]!.AsArray().Select(type => (string)type!));
        }
    }

    private void CheckShape(JsonNode? value, JsonNode schema, string at)
    {
        if (schema["$ref"] is { } reference)
        {
            CheckShape(value, document["components"]!["schemas"]![((string)reference!).Split('/')[^1]]!, at);
            return;
        }

        if (schema["oneOf"] is JsonArray choices)
        {
            JsonNode[] fitting = [.. choices.Where(choice => value is null == ((string?)choice!["type"] == "null"))!];
            Assert.True(fitting.Length == 1, $"{at} fits none or several of its shapes.");
            CheckShape(value, fitting[0], at);
            return;
        }

        string[] types = schema["type"] is JsonArray several ? [.. several.Select(type => (string)type!)] : [(string)schema["type"]!];
        Assert.True(types.Contains(TypeOf(value)), $"{at} is a {TypeOf(value)}, not a {string.Join(" or ", types)}.");
        if (value is JsonObject members)
        {
            CheckMembers(members, schema, at);
        }
        else if (value is JsonArray items)
        {
            foreach ((int index, JsonNode? item) in items.Index())
            {
                CheckShape(item, schema["items"]!, $"{at}[{index}]");
            }
        }
    }

    private void CheckMembers(JsonObject members, JsonNode schema, string at)
    {
        foreach ((string name, JsonNode? member) in schema["properties"] is null ? [] : members)
        {
            JsonNode? shape = schema["properties"]![name];
            Assert.True(shape is not null, $"{at}.{name} is not described.");
            CheckShape(member, shape, $"{at}.{name}");
        }

        foreach (JsonNode? required in schema["required"]?.AsArray() ?? [])
        {
            Assert.True(members.ContainsKey((string)required!), $"{at}.{required} is missing.");
        }
    }

    private static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => "integer",
        JsonValueKind.String => "string",
        JsonValueKind.Array => "array",
        _ => "object",
    };
}

/// <summary>Sends requests, and holds each answer against the contract and the rules of every answer.</summary>
internal sealed class ContractHandler(ApiContract contract) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        string? mediaType = response.Content.Headers.ContentType?.MediaType;
        int status = (int)response.StatusCode;
        foreach (string header in new[] { "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy" })
        {
            Assert.True(response.Headers.Contains(header), $"{request.RequestUri} answers without {header}.");
        }

        if (mediaType == "text/event-stream")
        {
            return response;
        }

        await response.Content.LoadIntoBufferAsync(cancellationToken);
        string? body = mediaType?.EndsWith("json", StringComparison.Ordinal) == true
            ? await response.Content.ReadAsStringAsync(cancellationToken)
            : null;
        if (status >= 400 && !string.IsNullOrEmpty(body) && mediaType == "application/problem+json")
        {
            JsonNode problem = JsonNode.Parse(body)!;
            Assert.Equal(status, (int)problem["status"]!);
            Assert.EndsWith(".", (string)problem["detail"]!);
            Assert.DoesNotContain("   at ", body);
        }

        string method = request.Method.Method;
        if (contract.Operation(method, request.RequestUri!.AbsolutePath) is { } operation)
        {
            contract.Check(operation, status, mediaType, body);
        }

        return response;
    }
}
