using System.Net;
using System.Text.Json.Nodes;
using Ledger.Node.Api;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

public sealed class OperationDoorTests
{
    [Fact]
    public async Task Health_and_readiness_answer()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();

        Assert.Equal("alive\n", await node.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
        Assert.True((bool)(await node.GetAsync("/readyz"))["ready"]!);
    }

    [Fact]
    public async Task A_listener_hears_the_status_then_records_and_blocks_as_they_come()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.SettleAsync(new Operator(100).Next());
        using HttpResponseMessage response = await ListenAsync(node);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("status", (await NextAsync(reader)).Name);
        JsonNode receipt = (await node.SettleAsync(new Operator(101).Next()))[0];

        bool record = false;
        bool block = false;
        while (!record || !block)
        {
            (string name, JsonNode data) = await NextAsync(reader);
            record |= name == "record" && data.Text("id") == receipt.Text("id");
            block |= name == "block" && data.Number("height") == receipt.Number("height") && data["recordIds"] is null;
        }
    }

    [Fact]
    public async Task The_status_is_told_at_most_once_a_second_however_much_happens()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        using HttpResponseMessage response = await ListenAsync(node);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        Operator alice = new(100);
        long begun = Environment.TickCount64;
        int settled = 0;
        Task work = Task.Run(async () =>
        {
            for (; Environment.TickCount64 - begun < 3_500 || settled < 5; settled++)
            {
                await node.SettleAsync(alice.Next());
            }
        });

        int statuses = 0;
        int others = 0;
        while (!work.IsCompleted || others < 2 * settled)
        {
            _ = (await NextAsync(reader)).Name == "status" ? statuses++ : others++;
        }

        await work;
        double seconds = (Environment.TickCount64 - begun) / 1_000.0;
        Assert.True(statuses <= seconds + 2, $"{statuses} in {seconds} s");
        Assert.True(others >= 2 * settled, $"{others} records and blocks of {settled} submissions");
    }

    [Fact]
    public async Task Too_many_listeners_are_refused_and_one_that_leaves_makes_room()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        List<HttpResponseMessage> listeners = [];
        for (int i = 0; i < OperationDoors.ListenersMax; i++)
        {
            listeners.Add(await ListenAsync(node));
            Assert.Equal(HttpStatusCode.OK, listeners[i].StatusCode);
        }

        HttpResponseMessage refused = await ListenAsync(node);
        await refused.ProblemAsync(ProblemType.Busy);
        Assert.NotNull(refused.Headers.RetryAfter);

        listeners[0].Dispose();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(120));
        while ((refused = await ListenAsync(node)).StatusCode != HttpStatusCode.OK)
        {
            await Task.Delay(100, patience.Token);
        }

        refused.Dispose();
        listeners.ForEach(listener => listener.Dispose());
    }

    [Fact]
    public async Task A_listener_and_a_waiting_submission_do_not_hold_up_the_stop()
    {
        NodeUnderTest node = await NodeUnderTest.StartAsync();
        using HttpResponseMessage listener = await ListenAsync(node);
        Operator alice = new(100);
        Task<HttpResponseMessage> waiting = node.SubmitAsync(alice.Next(), "?wait=anchored");
        while ((await node.SendAsync(HttpMethod.Get, $"/v1/streams/{alice.Stream}")).StatusCode != HttpStatusCode.OK)
        {
            Assert.False(waiting.IsCompleted);
            await Task.Delay(20);
        }

        // What would be waited for in vain would be cut off, not answered.
        await node.App.StopAsync();

        Assert.Equal(202, (int)(await waiting).StatusCode);
        using StreamReader reader = new(await listener.Content.ReadAsStreamAsync());
        await reader.ReadToEndAsync();
        await node.DisposeAsync();
    }

    private static Task<HttpResponseMessage> ListenAsync(NodeUnderTest node) =>
        node.Http.GetAsync(new Uri("/v1/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

    private static async Task<(string Name, JsonNode Data)> NextAsync(StreamReader reader)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(120));
        string name = "";
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return (name, JsonNode.Parse(line["data: ".Length..])!);
            }
        }

        throw new EndOfStreamException("The event stream ended.");
    }
}
