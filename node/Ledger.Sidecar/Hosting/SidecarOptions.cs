using System.Net;
using Ledger.Client;
using Ledger.Records.Bodies;

namespace Ledger.Sidecar.Hosting;

/// <summary>How the sidecar serves.</summary>
internal sealed record SidecarOptions
{
    /// <summary>Port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Where requests go once their intent is durable; null for the doors alone.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>What stands in intents whose request does not say otherwise.</summary>
    public string Action { get; init; } = "chat-completion";

    public Actor Actor { get; init; } = new("sidecar", ActorType.Service);

    public string Authority { get; init; } = "unstated";

    /// <summary>The guard's own rule, for those who ask.</summary>
    public RecordState GoAhead { get; init; } = RecordState.Sealed;

    /// <summary>Bytes of a request.</summary>
    public int RequestBytesMax { get; init; } = 4 << 20;

    /// <summary>Bytes of an answer of the upstream's; what goes beyond is not passed on.</summary>
    public int AnswerBytesMax { get; init; } = 16 << 20;

    /// <summary>Only where a model was described: read again when its description changed.</summary>
    public ModelFile? Model { get; init; }
}

/// <summary>What the program was started with.</summary>
internal sealed record StartOptions
{
    public required string Chain { get; init; }

    public required string Key { get; init; }

    public required SidecarOptions Sidecar { get; init; }

    public required GuardOptions Guard { get; init; }

    public Uri? Node { get; init; }

    public string Issuer { get; init; } = "sidecar";

    public string? Model { get; init; }

    /// <summary>The operator's reason for a changed state of the model; null attests nothing.</summary>
    public string? Attest { get; init; }

    public string? PassphraseFile { get; init; }

    /// <summary>
    /// Whoever started the program holds its standard input: the first line opens the key, its end ends the program.
    /// </summary>
    public bool Attended { get; init; }
}
