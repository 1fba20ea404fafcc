using System.Net;
using System.Text;
using System.Text.Json;
using Ledger.Records.Chains;
using Record = Ledger.Records.Record;

namespace Ledger.Client.Tests.TestKit;

/// <summary>
/// A node as node/README.md describes it, for one stream, without sockets: takes records in order, settles and anchors
/// them when told, and misbehaves as a test wants.
/// </summary>
internal sealed class StubNode : HttpMessageHandler
{
    private readonly Lock _gate = new();

    public List<Record> Records { get; } = [];

    /// <summary>How many of <see cref="Records"/> are in blocks.</summary>
    public int Settled { get; set; }

    /// <summary>How many stand under a Bitcoin block.</summary>
    public int Anchored { get; set; }

    /// <summary>Time of the last block, in milliseconds; 0 while there is none.</summary>
    public ulong BlockTime { get; set; }

    /// <summary>Records settle as soon as they are taken.</summary>
    public bool SettlesAtOnce { get; set; } = true;

    /// <summary>Called before each request with its number from 1; may answer in the node's place or throw.</summary>
    public Func<int, HttpRequestMessage, HttpResponseMessage?> Before { get; set; } = static (_, _) => null;

    /// <summary>The problem of a record of this number, if any.</summary>
    public Func<ulong, NodeProblem?> Problem { get; set; } = static _ => null;

    /// <summary>Method, path and query of each request.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Records in each batch.</summary>
    public List<int> Batches { get; } = [];

    public long BytesReceived { get; private set; }

    public NodeClient Client(TimeSpan? patience = null) => new(new Uri("http://node.test:8080"), new NodeClientOptions
    {
        Handler = this,
        Patience = patience ?? TimeSpan.FromSeconds(120),
        ReadPatience = patience ?? TimeSpan.FromSeconds(120),
    });

    public static HttpResponseMessage Answer(HttpStatusCode status, object value) => new(status)
    {
        Content = new StringContent(
            JsonSerializer.Serialize(value, JsonSerializerOptions.Web), Encoding.UTF8, "application/json"),
    };

    public static HttpResponseMessage Refusal(NodeProblem problem) => Answer((HttpStatusCode)problem.Status, problem);

    public static NodeProblem Of(string type, int status) =>
        new($"urn:ledger:problem:{type}", $"Title of {type}", status, "Do this.");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
    {
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(stop);
        lock (_gate)
        {
            Requests.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
            BytesReceived += body.Length;
            return Before(Requests.Count, request) ?? (request.Method == HttpMethod.Post ? Take(body) : Show(request));
        }
    }

    private HttpResponseMessage Take(byte[] body)
    {
        List<object> receipts = [];
        foreach (ReadOnlyMemory<byte> bytes in RecordSequence.Split(body, 10_000, out _))
        {
            Assert.True(Record.TryParse(bytes, out Record? record, out _));
            NodeProblem? problem = Problem(record.Seq.Value);
            if (problem is null && record.Seq.Value > (ulong)Records.Count)
            {
                problem = Of("record-place", 409);
            }

            if (problem is null && record.Seq.Value == (ulong)Records.Count)
            {
                Records.Add(record);
            }

            receipts.Add(problem is null
                ? new { id = record.Id.ToString(), seq = record.Seq.Value, state = "sealed" }
                : new { problem });
        }

        Batches.Add(receipts.Count);
        Settled = SettlesAtOnce ? Records.Count : Settled;
        bool none = receipts.TrueForAll(receipt => receipt.ToString()!.Contains("problem =", StringComparison.Ordinal));
        return none
            ? Answer((HttpStatusCode)422, new
            {
                type = "urn:ledger:problem:nothing-accepted",
                title = "No record of the batch was accepted",
                status = 422,
                detail = "Each receipt says why.",
                receipts,
            })
            : Answer(HttpStatusCode.Accepted, new { receipts });
    }

    private HttpResponseMessage Show(HttpRequestMessage request)
    {
        string[] path = request.RequestUri!.AbsolutePath.Trim('/').Split('/');
        if (path is ["v1", "streams", _] && Settled > 0)
        {
            Record head = Records[Settled - 1];
            return Answer(HttpStatusCode.OK, new
            {
                stream = head.Stream.ToString(),
                seq = head.Seq.Value,
                head = head.Id.ToString(),
                time = head.Time.Milliseconds,
                sponsor = "open",
                recovery = (string?)null,
                keys = new[] { new { kid = head.Kid.ToString(), first = 0, revoked = (ulong?)null } },
            });
        }

        if (path is ["v1", "status"])
        {
            return Answer(HttpStatusCode.OK, Status());
        }

        int at = path is ["v1", "records", { } id] ? Records.FindIndex(record => record.Id.ToString() == id) : -1;
        return at < 0 ? Refusal(Of("not-found", 404)) : Answer(HttpStatusCode.OK, Summary(at));
    }

    private NodeStatus Status() => new(
        "chain", "stub", "0.1.0", "regtest", 7, "block", BlockTime, (ulong)Settled, "root", 1, new NodeMempool(0, 0),
        (ulong)Settled, (ulong)Anchored, new NodeBitcoin(true), true, []);

    private object Summary(int at)
    {
        Record record = Records[at];
        return new
        {
            id = record.Id.ToString(),
            entry = record.Entry.ToString(),
            stream = record.Stream.ToString(),
            seq = record.Seq.Value,
            kind = "gap",
            time = record.Time.Milliseconds,
            issuer = record.Issuer,
            subject = record.Subject,
            size = record.Bytes.Length,
            state = at < Anchored ? "anchored" : at < Settled ? "settled" : "sealed",
            height = at < Settled ? (ulong?)7 : null,
            index = at < Settled ? (ulong?)at : null,
            blockTime = at < Settled ? (ulong?)1_790_000_000_900 : null,
            anchor = at < Anchored
                ? new RecordAnchor(8, "aa", 120, 1_790_000_100_000, 6)
                : null,
        };
    }
}
