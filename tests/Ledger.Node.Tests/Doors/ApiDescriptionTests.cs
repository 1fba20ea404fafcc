using System.Text.Json.Nodes;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Ledger.Node.Hosting;
using Ledger.Node.Tests.Setting;
using Ledger.TestKit;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Node.Tests.Doors;

public sealed class ApiDescriptionTests
{
    [Fact]
    public async Task The_description_lists_exactly_the_doors_that_are_mapped()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        JsonNode document = await node.GetAsync(ApiDescription.Address);

        IEnumerable<string> mapped = node.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText != ApiDescription.Address)
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(method => $"{method} {endpoint.RoutePattern.RawText}"));
        IEnumerable<string> described = document["paths"]!.AsObject().SelectMany(path =>
            path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));

        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_door_has_words_a_group_described_parameters_and_problem_types()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        JsonNode document = await node.GetAsync(ApiDescription.Address);
        JsonNode[] operations = [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(pair => pair.Value!)];

        Assert.StartsWith("3.1", document.Text("openapi"));
        Assert.Equal(operations.Length, operations.Select(operation => operation.Text("operationId")).Distinct().Count());
        Assert.All(operations, operation =>
        {
            Assert.NotEmpty(operation.Text("summary"));
            Assert.Contains((string)operation["tags"]![0]!, Door.Groups.Select(group => group.Name));
            Assert.All(operation["parameters"]?.AsArray() ?? [], parameter =>
            {
                Assert.NotEmpty(parameter!.Text("description"));
                Assert.NotNull(parameter!["schema"]!["type"]);
            });
            Assert.All(operation["responses"]!.AsObject(), answer => Assert.NotEmpty(answer.Value!.Text("description")));
            Assert.NotNull(operation["responses"]!["500"]);
        });
    }

    [Fact]
    public async Task The_submission_door_describes_its_bodies_and_what_it_may_refuse()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        JsonNode submit = (await node.GetAsync(ApiDescription.Address))["paths"]!["/v1/records"]!["post"]!;

        Assert.Equal(
            [SubmitDoor.Many, SubmitDoor.One],
            submit["requestBody"]!["content"]!.AsObject().Select(body => body.Key).Order(StringComparer.Ordinal));
        Assert.Equal("[\"settled\",\"anchored\"]", submit["parameters"]![0]!["schema"]!["enum"]!.ToJsonString());
        Assert.Equal(
            ["201", "202", "400", "403", "405", "408", "409", "413", "414", "415", "422", "429", "431", "500", "503", "507"],
            submit["responses"]!.AsObject().Select(answer => answer.Key).Order(StringComparer.Ordinal));
        Assert.Equal(
            [ProblemType.RecordPlace.Address, ProblemType.RecordFork.Address],
            submit["responses"]!["409"]![ApiDescription.TypesMember]!.AsArray().Select(type => (string)type!));
    }

    [Fact]
    public void The_chapter_for_operators_lists_every_door_and_every_problem_type()
    {
        string chapter = File.ReadAllText(Checkout.PathOf("node", "README.md"));

        Assert.All(ProblemType.All, type => Assert.Contains($"| `{type.Name}` | {type.Status} | {type.Title}", chapter));
    }
}
