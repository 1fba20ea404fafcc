using System.Collections.Immutable;
using Ledger.Anchoring;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Anchoring;

/// <summary>
/// Carries out what the anchoring plan asks for, one thing at a time, beside the node: whatever Bitcoin does, records go
/// on settling. Reading <see cref="Batches"/> is thread-safe.
/// </summary>
public sealed class AnchorDriver : IAnchorProofs, IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly LedgerNode _node;
    private readonly IBitcoin _bitcoin;
    private readonly TimeProvider _clock;
    private readonly AnchorPlan _plan;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<AnchorInput> _inputs = [];
    private ImmutableArray<AnchorBatch> _batches = [];
    private Height _fed;
    private Task _running = Task.CompletedTask;

    public AnchorDriver(LedgerNode node, IBitcoin bitcoin, TimeProvider clock)
    {
        _node = node;
        _bitcoin = bitcoin;
        _clock = clock;
        Parameters parameters = node.Genesis.Configuration.Parameters;
        IEnumerable<AnchorBatch> stored = node.Store.Raw.Scan(Table.Anchors, [], null).Select(pair => AnchorBatchCodec.Decode(pair.Value));
        _plan = AnchorPlan.Start(new AnchorPolicy(parameters.AnchorBlocks, parameters.AnchorMinutes), stored);
        _fed = _plan.LastBatch == Height.Zero ? Height.Zero : _plan.LastBatch.Previous;
        Publish(null);
    }

    /// <summary>All anchors, oldest first: a snapshot.</summary>
    public ImmutableArray<AnchorBatch> Batches => _batches;

    public string Network => _bitcoin.Network;

    /// <summary>Height of Bitcoin's best chain when it last answered; null before.</summary>
    public uint? BitcoinHeight { get; private set; }

    /// <summary>What keeps anchors from being made; null when all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Ends when stopped; fails if the store is damaged.</summary>
    public Task Completion => _running;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>The oldest anchor that holds the entry: it proves the earliest date, and is the nearest to the record's own block.</summary>
    public AnchorProof? Covering(LogIndex index)
    {
        foreach (AnchorBatch batch in _batches)
        {
            if (batch.Covered.Value > index.Value && batch is { Proof: { } proof, Transaction: { } transaction })
            {
                return new AnchorProof(batch.Batch, new BitcoinEvidence(
                    transaction.Stripped, proof.Index, proof.Branch, proof.Header, proof.Height, _bitcoin.Network));
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _running.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The stop that was asked for.
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using PeriodicTimer timer = new(Tick, _clock);
        do
        {
            FeedBlocks();
            await AskBitcoinAsync().ConfigureAwait(false);
            _inputs.Enqueue(new ClockTicked(new UnixTime((ulong)_clock.GetUtcNow().ToUnixTimeMilliseconds())));
            List<AnchorEffect> effects = [];
            while (_inputs.TryDequeue(out AnchorInput? input))
            {
                effects.Clear();
                _plan.Step(input, effects);
                foreach (AnchorEffect effect in effects)
                {
                    await CarryAsync(effect).ConfigureAwait(false);
                }
            }

            ReportProblem();
        }
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
    }

    /// <summary>By height and not by events, so that none is missed, and a restart takes up the thread.</summary>
    private void FeedBlocks()
    {
        Height head = _node.Head.Height;
        while (_fed < head)
        {
            SettledBlock block = _node.Store.Block(_fed.Next)!;
            Header header = block.Header;
            TreeSize before = new(header.Size.Value - (ulong)block.Body.Records.Length);
            _inputs.Enqueue(new BlockSettled(header.Height, header.Id, header.Time, before, HoldsOther(block.Body)));
            _fed = header.Height;
        }
    }

    private bool HoldsOther(BlockBody body) =>
        body.Records.Any(id => _node.Store.Record(id) is { Kind: not RecordKind.Anchor });

    private async Task AskBitcoinAsync()
    {
        try
        {
            BitcoinHeight = await _bitcoin.HeightAsync(_stop.Token).ConfigureAwait(false);
            Problem = null;
        }
        catch (BitcoinException exception)
        {
            Problem = exception.Message;
        }
    }

    private async Task CarryAsync(AnchorEffect effect)
    {
        Height batch = BatchOf(effect);
        try
        {
            _inputs.Enqueue(await AnswerAsync(effect).ConfigureAwait(false));
        }
        catch (BitcoinException exception)
        {
            _inputs.Enqueue(new CallFailed(batch, exception.Message));
        }
    }

    private async Task<AnchorInput> AnswerAsync(AnchorEffect effect)
    {
        CancellationToken stop = _stop.Token;
        switch (effect)
        {
            case SaveBatch save:
                await SaveAsync(save.Batch).ConfigureAwait(false);
                return new BatchSaved(save.Batch.Batch);
            case BuildTransaction build:
                return new TransactionBuilt(build.Batch, await _bitcoin.BuildAsync(build.Block, stop).ConfigureAwait(false));
            case SendTransaction send:
                await _bitcoin.SendAsync(send.Transaction, stop).ConfigureAwait(false);
                return new TransactionSent(send.Batch);
            case AskStatus ask:
                (TransactionStanding standing, uint confirmations, Digest? block) =
                    await _bitcoin.StatusAsync(ask.Transaction, stop).ConfigureAwait(false);
                return new StatusHeard(ask.Batch, standing, confirmations, block);
            case BuildProof build:
                return new ProofBuilt(
                    build.Batch, await _bitcoin.ProofAsync(build.Block, build.Transaction, build.BitcoinBlock, stop).ConfigureAwait(false));
            case SealAnchorRecord seal:
                await SealAsync(seal.Batch).ConfigureAwait(false);
                return new AnchorRecordSealed(seal.Batch.Batch);
            default:
                throw new InvalidOperationException($"Unknown effect {effect.GetType().Name}.");
        }
    }

    /// <summary>Until it is durable: nothing may be sent before, so a full disk holds anchors back and nothing else.</summary>
    private async Task SaveAsync(AnchorBatch batch)
    {
        while (true)
        {
            try
            {
                _node.Store.Raw.Write(new StoreBatch().Put(Table.Anchors, StoreKeys.Of(batch.Batch), AnchorBatchCodec.Encode(batch)));
                Publish(batch);
                return;
            }
            catch (StoreFullException)
            {
                Problem = "The disk is full: anchors wait until there is space.";
                ReportProblem();
                await Task.Delay(Tick, _clock, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A refusal, such as a full disk, is tried again like everything else here.</summary>
    private async Task SealAsync(AnchorBatch batch)
    {
        AnchorProofBytes proof = batch.Proof!;
        AnchorTransactionBytes transaction = batch.Transaction!;
        BitcoinProof bitcoin = new(transaction.Stripped, proof.Index, proof.Branch, proof.Header, proof.Height);
        CborMap body = Body.Anchor(batch.Block, batch.Batch, _bitcoin.Network, transaction.Id, bitcoin);
        try
        {
            await _node.SealOwnAsync(RecordKind.Anchor, body).ConfigureAwait(false);
        }
        catch (InvalidOperationException exception)
        {
            throw new BitcoinException($"The anchor record waits: {exception.Message}");
        }
    }

    private void Publish(AnchorBatch? changed)
    {
        _batches = [.. _plan.Batches];
        ulong covered = 0;
        foreach (AnchorBatch batch in _batches)
        {
            covered = batch.Proof is null ? covered : Math.Max(covered, batch.Covered.Value);
        }

        _node.SetAnchored(new TreeSize(covered));
        if (changed is not null)
        {
            _node.Events.Publish(new AnchorChanged(changed.Batch));
        }
    }

    private void ReportProblem()
    {
        Problem ??= _plan.Problem;
        _node.SetProblems(Problem is { } problem ? [problem] : []);
    }

    private static Height BatchOf(AnchorEffect effect) => effect switch
    {
        SaveBatch save => save.Batch.Batch,
        BuildTransaction build => build.Batch,
        SendTransaction send => send.Batch,
        AskStatus ask => ask.Batch,
        BuildProof build => build.Batch,
        SealAnchorRecord seal => seal.Batch.Batch,
        _ => throw new InvalidOperationException($"Unknown effect {effect.GetType().Name}."),
    };
}
