using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client.Model;

/// <summary>The state of a model as the last <c>model</c> record on it says.</summary>
/// <param name="Id">Of that record.</param>
/// <param name="Provider">What stands for the provider in <c>named</c>: its own word, once it was heard.</param>
/// <param name="Reported">What the provider reported in the last outcome on this state, if any.</param>
internal sealed record AttestedState(
    RecordId Id, ImmutableDictionary<ModelPart, Digest> Parts, string? Provider, string? Reported = null)
{
    private static readonly ImmutableDictionary<string, ModelPart> Words =
        Enum.GetValues<ModelPart>().ToImmutableDictionary(part => part.Word());

    /// <param name="record">Of kind <c>model</c>; its form was checked.</param>
    public static AttestedState Of(Record record)
    {
        CborMap body = record.DecodeBody();
        ImmutableDictionary<ModelPart, Digest> parts = ((CborMap)body["after"]).ToImmutableDictionary(
            member => Words[member.Key], member => new Digest(((CborBytes)member.Value).Span));
        string? provider =
            body.TryGet("named", out CborValue? named) && ((CborMap)named).TryGet("provider", out CborValue? text)
                ? ((CborText)text).Value
                : null;
        return new AttestedState(record.Id, parts, provider);
    }
}

/// <summary>
/// The last attested state of each model of a stream, found by the subject of its <c>model</c> records, which is the
/// model's name. Not thread-safe.
/// </summary>
internal sealed class AttestedStates
{
    private readonly Dictionary<string, AttestedState> _bySubject = new(StringComparer.Ordinal);

    /// <summary>Intents without outcome yet, and the state that they name.</summary>
    private readonly Dictionary<RecordId, RecordId> _open = [];

    public AttestedState? Find(string subject) => _bySubject.GetValueOrDefault(subject);

    /// <summary>Takes note of one record of the stream, in their order.</summary>
    public void Note(Record record)
    {
        switch (record.Kind)
        {
            case RecordKind.Model:
                _bySubject[record.Subject] = AttestedState.Of(record);
                break;
            case RecordKind.Intent when StateOf(record) is { } state:
                _open[record.Id] = state;
                break;
            case RecordKind.Outcome:
                NoteOutcome(record);
                break;
        }
    }

    private void NoteOutcome(Record outcome)
    {
        CborMap body = outcome.DecodeBody();
        bool named = _open.Remove(new RecordId(((CborBytes)body["intent"]).Span), out RecordId state);
        if (!named || !body.TryGet("reported", out CborValue? reported))
        {
            return;
        }

        foreach ((string subject, AttestedState attested) in _bySubject)
        {
            if (attested.Id == state)
            {
                _bySubject[subject] = attested with { Reported = ((CborText)reported).Value };
                return;
            }
        }
    }

    private static RecordId? StateOf(Record intent) =>
        ((CborMap)intent.DecodeBody()["model"]).TryGet("state", out CborValue? state)
            ? new RecordId(((CborBytes)state).Span)
            : null;
}
