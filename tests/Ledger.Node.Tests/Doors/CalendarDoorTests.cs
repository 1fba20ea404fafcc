using System.Net.Http.Headers;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Node.Api;
using Ledger.Node.Bitcoin;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Roots;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>The calendar as an OpenTimestamps client sees it; the reference client itself is another test.</summary>
public sealed class CalendarDoorTests : IAsyncDisposable
{
    private const string Address = "https://ledger.example";

    private readonly StandInBitcoin _bitcoin = new();
    private AnchorDriver? _driver;

    [Theory]
    [InlineData(1, null)]
    [InlineData(32, "application/x-www-form-urlencoded")]
    [InlineData(64, "text/html; charset=nonsense")]
    public async Task A_message_gets_a_pending_timestamp_whatever_its_media_type(int bytes, string? mediaType)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(publicUrl: Address);
        byte[] message = [.. Enumerable.Range(1, bytes).Select(i => (byte)i)];

        Digest digest = await StampAsync(node, message, Address, mediaType);

        HttpResponseMessage pending = await node.GetAsAsync($"/timestamp/{digest}", EvidenceAnswer.Ots);
        Assert.Equal(404, (int)pending.StatusCode);
        Assert.Equal("text/plain", pending.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("Pending", await pending.Content.ReadAsStringAsync());
        HttpResponseMessage unknown = await node.GetAsAsync($"/timestamp/{Digest.Zero}", "*/*");
        Assert.Equal(404, (int)unknown.StatusCode);
        Assert.Equal("Not found", await unknown.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Once_it_is_in_Bitcoin_the_calendar_leads_there()
    {
        GenesisDocument genesis = TestNetwork.With(admission => admission, new Parameters { AnchorBlocks = 1 });
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: genesis, publicUrl: Address, anchors: node =>
        {
            _driver = new AnchorDriver(node, _bitcoin, TimeProvider.System);
            return new DriverAnchorView(_driver);
        });
        _driver!.Start();

        Digest digest = await StampAsync(node, new byte[32], Address, null);
        await DigestDoorTests.UntilAsync(node, digest, "anchored");
        byte[] reply = await node.Http.GetByteArrayAsync(new Uri($"/timestamp/{digest}", UriKind.Relative));

        Assert.InRange(reply.Length, 4_000, OtsLimits.ReplyBytes - 1);
        Assert.True(OtsTimestamp.TryDecode(reply, digest.Span, out OtsTimestamp? timestamp, out OtsError error), error.ToString());
        Assert.Single(timestamp.Evaluate(digest.Span), found => found.Attestation is OtsAttestation.Bitcoin);
    }

    [Fact]
    public async Task Without_a_public_address_it_serves_this_machine_alone()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        int port = node.Http.BaseAddress!.Port;
        await StampAsync(node, new byte[32], $"http://localhost:{port}", null);

        foreach ((string header, string value) in
            new[] { ("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1"), ("Via", "1.1 proxy"), ("Host", "ledger.example") })
        {
            HttpRequestMessage request = new(HttpMethod.Post, new Uri("/digest", UriKind.Relative)) { Content = new ByteArrayContent(new byte[32]) };
            Assert.True(request.Headers.TryAddWithoutValidation(header, value));
            string detail = (await (await node.Http.SendAsync(request)).ProblemAsync(ProblemType.NotOffered)).Text("detail");
            Assert.Contains("publicUrl", detail);
        }
    }

    [Fact]
    public async Task Messages_beyond_the_limits_are_refused_and_leave_nothing_behind()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(publicUrl: Address);

        await (await PostAsync(node, new byte[65], null)).ProblemAsync(ProblemType.TooLarge);
        await (await PostAsync(node, [], null)).ProblemAsync(ProblemType.DigestsForm);
        await node.RefusedAsync("/timestamp/00", ProblemType.BadParameter);
        Assert.Equal(0UL, new RootStore(node.Node.Store.Raw).Next.Value);
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            await _driver.DisposeAsync();
        }
    }

    private static async Task<Digest> StampAsync(NodeUnderTest node, byte[] message, string address, string? mediaType)
    {
        HttpResponseMessage response = await PostAsync(node, message, mediaType);
        byte[] reply = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(200, (int)response.StatusCode);
        Assert.True(OtsTimestamp.TryDecode(reply, message, out OtsTimestamp? timestamp, out OtsError error), error.ToString());
        (byte[] digest, OtsAttestation attestation) = Assert.Single(timestamp.Evaluate(message));
        Assert.Equal(new OtsAttestation.Pending(address), attestation);
        return new Digest(digest);
    }

    private static Task<HttpResponseMessage> PostAsync(NodeUnderTest node, byte[] message, string? mediaType)
    {
        ByteArrayContent content = new(message);
        content.Headers.ContentType = null;
        if (mediaType is not null)
        {
            Assert.True(content.Headers.TryAddWithoutValidation("Content-Type", mediaType));
        }

        return node.Http.PostAsync(new Uri("/digest", UriKind.Relative), content);
    }
}
