using System.Globalization;
using System.Net;
using Ledger.Client;
using Ledger.Records.Bodies;

namespace Ledger.Sidecar.Hosting;

/// <summary>
/// Reads the program's arguments: a name and a value each, no name twice, none that is not known. People use
/// <c>ledger guard</c>, which explains them.
/// </summary>
internal sealed class Arguments
{
    private const int ActsMaxDefault = 256;
    private const int BytesMax = 256 << 20;

    private static readonly string[] Names =
    [
        "--chain", "--key", "--listen", "--remote", "--upstream", "--node", "--go-ahead", "--patience", "--timeout",
        "--acts", "--model", "--on-change", "--attest", "--issuer", "--action", "--actor", "--actor-type", "--authority",
        "--request-bytes", "--answer-bytes", "--passphrase-file", "--attended",
    ];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private Arguments()
    {
    }

    /// <exception cref="UsageException">The message says which argument is wrong, and how it is given.</exception>
    public static StartOptions Read(string[] args)
    {
        Arguments read = new();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (!Names.Contains(args[i]) || i + 1 == args.Length || !read._values.TryAdd(args[i], args[i + 1]))
            {
                throw new UsageException($"'{args[i]}' is unknown, stands twice, or lacks its value. See ledger guard --help.");
            }
        }

        return new StartOptions
        {
            Chain = read.Required("--chain"),
            Key = read.Required("--key"),
            Node = read.Address("--node"),
            Issuer = read.Text("--issuer") ?? "sidecar",
            Model = read.Text("--model"),
            Attest = read.Text("--attest"),
            PassphraseFile = read.Text("--passphrase-file"),
            Attended = read.Word("--attended", "no", "yes") == "yes",
            Guard = read.Guard(),
            Sidecar = read.Sidecar(),
        };
    }

    private GuardOptions Guard() => new()
    {
        GoAhead = GoAhead(),
        GoAheadPatience = TimeSpan.FromSeconds(Number("--patience", 60, 1, 1_000_000)),
        Timeout = TimeSpan.FromSeconds(Number("--timeout", 600, 1, 1_000_000)),
        ActsMax = Number("--acts", ActsMaxDefault, 1, 100_000),
        OnModelChange = Word("--on-change", "refuse", "seal-first", "flag") switch
        {
            "seal-first" => OnModelChange.SealFirst,
            "flag" => OnModelChange.Flag,
            _ => OnModelChange.Refuse,
        },
    };

    private RecordState GoAhead() => Word("--go-ahead", "sealed", "settled", "anchored") switch
    {
        "anchored" => RecordState.Anchored,
        "settled" => RecordState.Settled,
        _ => RecordState.Sealed,
    };

    private SidecarOptions Sidecar()
    {
        string type = Word("--actor-type", "service", "agent", "human");
        return new SidecarOptions
        {
            Listen = Listen(),
            GoAhead = GoAhead(),
            Upstream = Address("--upstream"),
            Action = Text("--action") ?? "chat-completion",
            Actor = new Actor(Text("--actor") ?? "sidecar", Enum.Parse<ActorType>(type, ignoreCase: true)),
            Authority = Text("--authority") ?? "unstated",
            RequestBytesMax = Number("--request-bytes", 4 << 20, 1_024, BytesMax),
            AnswerBytesMax = Number("--answer-bytes", 16 << 20, 1_024, BytesMax),
        };
    }

    /// <summary>Whoever reaches the sidecar acts in the operator's name, so others reach it only if told twice.</summary>
    private IPEndPoint Listen()
    {
        string text = (Text("--listen") ?? "127.0.0.1:8090").Replace("localhost:", "127.0.0.1:", StringComparison.Ordinal);
        if (!IPEndPoint.TryParse(text, out IPEndPoint? address) || !text.Contains(':', StringComparison.Ordinal))
        {
            throw new UsageException($"'{text}' is no address to listen on. Give one like 127.0.0.1:8090.");
        }

        return IPAddress.IsLoopback(address.Address) || Word("--remote", "no", "yes") == "yes"
            ? address
            : throw new UsageException(
                $"{address} can be reached by other machines, and whoever reaches the sidecar acts in your name. Listen "
                + "on 127.0.0.1, or say --remote yes and put authentication in front.");
    }

    private Uri? Address(string name) => Text(name) switch
    {
        null => null,
        { } text when Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            && address.Scheme is ("http" or "https") && address.Query.Length == 0 && address.UserInfo.Length == 0 => address,
        { } text => throw new UsageException($"{name} is an http or https address without query, not '{text}'."),
    };

    private int Number(string name, int otherwise, int least, int most) => Text(name) switch
    {
        null => otherwise,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= least && number <= most => number,
        { } text => throw new UsageException($"{name} is a number from {least} to {most}, not '{text}'."),
    };

    private string Word(string name, params ReadOnlySpan<string> words)
    {
        string word = Text(name) ?? words[0];
        return words.Contains(word)
            ? word
            : throw new UsageException($"{name} is one of {string.Join(", ", words.ToArray())}, not '{word}'.");
    }

    private string? Text(string name) => _values.GetValueOrDefault(name) switch
    {
        null => null,
        { Length: > 0 and <= 4_096 } text => text,
        _ => throw new UsageException($"{name} is empty or longer than 4,096 characters."),
    };

    private string Required(string name) =>
        Text(name) ?? throw new UsageException($"{name} is missing. See ledger guard --help.");
}

/// <summary>What is wrong with the arguments or with a file that they name; the message says what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);
