using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>What an act says of itself while it runs; the outcome record carries it. Thread-safe.</summary>
public sealed class ActContext
{
    /// <summary>Outputs of one act: so many that the outcome surely fits into one record.</summary>
    public const int OutputsMax = 128;

    /// <summary>Characters of a media type, and of each text that the outcome carries.</summary>
    public const int TextMax = 256;

    private readonly Lock _gate = new();
    private readonly List<Content> _outputs = [];
    private OutcomeStatus? _status;
    private (string Person, string Decision)? _oversight;
    private string? _reported;
    private bool _closed;

    internal ActContext(Record intent, Vault vault) => (Intent, Vault) = (intent, vault);

    /// <summary>The intent, durable before the act began.</summary>
    public Record Intent { get; }

    public RecordId IntentId => Intent.Id;

    /// <summary>For further contents that the operator wants to keep.</summary>
    public Vault Vault { get; }

    /// <summary>The provider's own model id or fingerprint, as it came back.</summary>
    public string? Reported
    {
        get
        {
            lock (_gate)
            {
                return _reported;
            }
        }

        set
        {
            CheckText(value, nameof(value));
            Change(() => _reported = value);
        }
    }

    /// <summary>Something that came of the act. The outcome commits to it, the vault keeps it.</summary>
    /// <param name="output">Not changed any more by the caller.</param>
    /// <param name="type">Media type.</param>
    public void AddOutput(ReadOnlyMemory<byte> output, string? type = null) => AddOutput(new Content(output, type));

    /// <inheritdoc cref="AddOutput(ReadOnlyMemory{byte}, string?)"/>
    public void AddOutput(Content output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(output.Bytes.Length, Vault.ContentBytesMax, nameof(output));
        CheckText(output.Type, nameof(output));
        Change(() =>
        {
            if (_outputs.Count == OutputsMax)
            {
                throw new InvalidOperationException(
                    $"An act has at most {OutputsMax} outputs: put several into one content.");
            }

            _outputs.Add(output);
        });
    }

    /// <summary>The model declined. A refusal is an outcome too.</summary>
    public void Refuse() => Change(() => _status = OutcomeStatus.Refused);

    /// <summary>A filter or a rule of the operator's stopped the act.</summary>
    public void Block() => Change(() => _status = OutcomeStatus.Blocked);

    /// <summary>A person looked, and decided.</summary>
    /// <param name="person">As the operator calls the person; the record carries a pseudonym.</param>
    public void Oversee(string person, string decision)
    {
        ArgumentException.ThrowIfNullOrEmpty(person);
        ArgumentNullException.ThrowIfNull(decision);
        CheckText(person, nameof(person));
        CheckText(decision, nameof(decision));
        Change(() => _oversight = (person, decision));
    }

    /// <summary>From now on nothing is taken any more: the outcome is being sealed.</summary>
    internal ActReport Close()
    {
        lock (_gate)
        {
            _closed = true;
            return new ActReport(_status, [.. _outputs], _oversight, _reported);
        }
    }

    /// <summary>
    /// What could not stand in a record is refused here, where the act can still do something about it.
    /// </summary>
    private static void CheckText(string? text, string name)
    {
        if (text is not null)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, TextMax, name);
            _ = new CborText(text);
        }
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new InvalidOperationException("The outcome of this act is sealed; nothing can be added to it.");
            }

            change();
        }
    }
}

/// <summary>What an act said of itself.</summary>
internal sealed record ActReport(
    OutcomeStatus? Status,
    IReadOnlyList<Content> Outputs,
    (string Person, string Decision)? Oversight,
    string? Reported);
