using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client.Model;

/// <summary>Holds each act against the last attested state of its model. Thread-safe.</summary>
internal sealed class ModelGate(StreamSealer sealer, ModelState model, Vault vault, OnModelChange policy)
{
    /// <summary>One <c>model</c> record at a time: acts that find the same change seal it once.</summary>
    private readonly SemaphoreSlim _attesting = new(1, 1);

    /// <summary>Attests the state where none is attested; else remembers what the provider called itself last.</summary>
    public async Task AttestFirstAsync(CancellationToken cancellation)
    {
        if (sealer.Attested(model.Name) is not { } attested)
        {
            await AttestAsync("first attested state", cancellation).ConfigureAwait(false);
            return;
        }

        StateNow now = await model.ReadAsync(vault, cancellation).ConfigureAwait(false);
        bool hasWord = attested.Provider is { } word
            && attested.Parts.TryGetValue(ModelPart.Provider, out Digest provider)
            && await model.ProviderAsync(vault, now.Declared, word, cancellation).ConfigureAwait(false) == provider;
        model.Reported = attested.Reported ?? (hasWord ? attested.Provider : null);
    }

    /// <summary>What the provider reported in an outcome; null changes nothing.</summary>
    public void Heard(string? reported)
    {
        if (reported is not null)
        {
            model.Reported = reported;
        }
    }

    /// <exception cref="ModelStateException">The act must not run.</exception>
    public async Task<Passed> PassAsync(CancellationToken cancellation)
    {
        while (true)
        {
            StateNow now = await model.ReadAsync(vault, cancellation).ConfigureAwait(false);
            AttestedState? attested = sealer.Attested(model.Name);
            ImmutableArray<ModelPart> differs = attested is null ? [] : now.DiffersFrom(attested);
            if (attested is not null && (differs.IsEmpty || Flags(now, attested)))
            {
                return Pass(now, attested, differs);
            }

            string reason = attested is null ? "first attested state"
                : now.IsFirstWordSince(attested) ? "the provider reported what runs there for the first time"
                : policy == OnModelChange.SealFirst ? $"changed: {Words(differs)}"
                : throw Refusal(differs);
            await AttestAsync(reason, last => last?.Id == attested?.Id, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Seals the present state, whatever was attested before.</summary>
    public async Task<Record> AttestAsync(string reason, CancellationToken cancellation) =>
        (await AttestAsync(reason, static _ => true, cancellation).ConfigureAwait(false))!;

    /// <returns>Null if by now what was attested last is not what the caller saw.</returns>
    private async Task<Record?> AttestAsync(
        string reason, Func<AttestedState?, bool> applies, CancellationToken cancellation)
    {
        await _attesting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            AttestedState? last = sealer.Attested(model.Name);
            if (!applies(last))
            {
                return null;
            }

            StateNow now = await model.ReadAsync(vault, cancellation).ConfigureAwait(false);
            CborMap body = Body.ModelChange(last?.Parts ?? now.Parts, now.Parts, reason, now.Named());
            return await sealer.SealAsync(RecordKind.Model, body, model.Name, null, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _attesting.Release();
        }
    }

    private bool Flags(StateNow now, AttestedState attested) =>
        policy == OnModelChange.Flag && !now.IsFirstWordSince(attested);

    private Passed Pass(StateNow now, AttestedState attested, ImmutableArray<ModelPart> differs)
    {
        ModelReference reference = new(
            now.Name,
            now.Version,
            Find(ModelPart.Weights),
            Find(ModelPart.Adapter) is { } adapter ? [adapter] : default,
            attested.Id);
        ModelSettings settings = new(Find(ModelPart.Prompt), Find(ModelPart.Sampling), Find(ModelPart.Filter));
        return new Passed(
            reference,
            settings,
            Find(ModelPart.Corpus),
            differs,
            () => sealer.Attested(model.Name)?.Id == attested.Id);

        Digest? Find(ModelPart part) => now.Parts.TryGetValue(part, out Digest digest) ? digest : null;
    }

    private ModelStateException Refusal(ImmutableArray<ModelPart> differs) => new(
        $"The act did not run: the state of {model.Name} is not the one that was attested ({Words(differs)}). Put it "
            + "back, or attest the new state with a reason.",
        differs);

    private static string Words(IEnumerable<ModelPart> parts) => string.Join(", ", parts.Select(part => part.Word()));
}
