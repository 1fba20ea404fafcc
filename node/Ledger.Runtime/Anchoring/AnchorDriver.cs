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
using Ledger.Runtime.Intake;
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
    private readonly Queue<AnchorBatch> _unsaved = [];
    private readonly List<(Height Batch, Task<Receipt> Receipt)> _sealing = [];

    /// <summary>Batches of an earlier run: their record may be sealed, and the note of it lost in a crash.</summary>
    private readonly HashSet<Height> _resumed;
    private ImmutableArray<AnchorBatch> _batches = [];
    private AnchorPolicy _policy;
    private Height _fed;
    private Task _running = Task.CompletedTask;

    public AnchorDriver(LedgerNode node, IBitcoin bitcoin, TimeProvider clock)
    {
        _node = node;
        _bitcoin = bitcoin;
        _clock = clock;
        _policy = PolicyNow();
        IEnumerable<AnchorBatch> stored = node.Store.Raw.Scan(Table.Anchors, [], null).Select(pair => AnchorBatchCodec.Decode(pair.Value));
        _plan = AnchorPlan.Start(_policy, stored);
        _resumed = [.. _plan.Batches.Where(batch => !batch.RecordSealed).Select(batch => batch.Batch)];
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
            await TurnAsync().ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
    }

    /// <summary>
    /// One turn: takes in what happened and carries out what follows. It waits for Bitcoin and for nothing else, so with
    /// a Bitcoin that answers at once it has ended when it returns. One at a time.
    /// </summary>
    internal async Task TurnAsync()
    {
        FeedBlocks();
        SaveAgain();
        CollectReceipts();
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

    private AnchorPolicy PolicyNow()
    {
        Parameters parameters = _node.Head.Configuration.Parameters;
        return new AnchorPolicy(parameters.AnchorBlocks, parameters.AnchorMinutes);
    }

    /// <summary>By height and not by events, so that none is missed, and a restart takes up the thread.</summary>
    private void FeedBlocks()
    {
        Height head = _node.Head.Height;
        if (PolicyNow() is { } policy && policy != _policy)
        {
            _policy = policy;
            _inputs.Enqueue(new PolicyChanged(policy));
        }

        // What a snapshot spared this node was others' to anchor.
        Height first = _node.Store.JoinedAt;
        _fed = _fed < first ? first : _fed;
        while (_fed < head)
        {
            SettledBlock block = _node.Store.Block(_fed.Next)!;
            Header header = block.Header;
            TreeSize before = new(header.Size.Value - (ulong)block.Body.Records.Length);
            BlockId anchored = _node.Rules.Anchored(_node.Store, header);
            _inputs.Enqueue(
                new BlockSettled(
                    header.Height, anchored, header.Time, before, HoldsOther(block.Body), header.IsFirst,
                    header.Next != header.Validators));
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
            if (await AnswerAsync(effect).ConfigureAwait(false) is { } answer)
            {
                _inputs.Enqueue(answer);
            }
        }
        catch (BitcoinException exception)
        {
            _inputs.Enqueue(new CallFailed(batch, exception.Message));
        }
    }

    /// <summary>Null where the answer comes in a later turn.</summary>
    private async Task<AnchorInput?> AnswerAsync(AnchorEffect effect)
    {
        CancellationToken stop = _stop.Token;
        switch (effect)
        {
            case SaveBatch save:
                return Save(save.Batch);
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
                if (_resumed.Remove(seal.Batch.Batch) && _node.HoldsOwn(record => IsFor(record, seal.Batch), seal.Batch.Since))
                {
                    return new AnchorRecordSealed(seal.Batch.Batch);
                }

                _sealing.Add((seal.Batch.Batch, SealAsync(seal.Batch)));
                return null;
            default:
                throw new InvalidOperationException($"Unknown effect {effect.GetType().Name}.");
        }
    }

    /// <summary>Nothing may be sent before it is durable, so a full disk holds anchors back and nothing else.</summary>
    private BatchSaved? Save(AnchorBatch batch)
    {
        try
        {
            _node.Store.Raw.Write(new StoreBatch().Put(Table.Anchors, StoreKeys.Of(batch.Batch), AnchorBatchCodec.Encode(batch)));
            Publish(batch);
            return new BatchSaved(batch.Batch);
        }
        catch (StoreFullException)
        {
            _unsaved.Enqueue(batch);
            return null;
        }
    }

    private void SaveAgain()
    {
        for (int count = _unsaved.Count; count > 0; count--)
        {
            if (Save(_unsaved.Dequeue()) is { } saved)
            {
                _inputs.Enqueue(saved);
            }
        }
    }

    private Task<Receipt> SealAsync(AnchorBatch batch)
    {
        AnchorProofBytes proof = batch.Proof!;
        AnchorTransactionBytes transaction = batch.Transaction!;
        BitcoinProof bitcoin = new(transaction.Stripped, proof.Index, proof.Branch, proof.Header, proof.Height);
        CborMap body = Body.Anchor(batch.Block, batch.Batch, _bitcoin.Network, transaction.Id, bitcoin);
        return _node.SealOwnAsync(RecordKind.Anchor, body);
    }

    private static bool IsFor(Record record, AnchorBatch batch) =>
        record.Kind == RecordKind.Anchor && record.BodyMember("block"u8).EndsWith(batch.Block.Value.Span);

    /// <summary>A refusal, such as a full disk, is tried again like everything else here.</summary>
    private void CollectReceipts()
    {
        foreach ((Height batch, Task<Receipt> receipt) in _sealing.Where(seal => seal.Receipt.IsCompleted).ToList())
        {
            _sealing.Remove((batch, receipt));
            _inputs.Enqueue(receipt.IsCompletedSuccessfully
                ? new AnchorRecordSealed(batch)
                : new CallFailed(batch, $"The anchor record waits: {receipt.Exception?.InnerException?.Message}"));
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
        Problem ??= _unsaved.Count > 0 ? "The disk is full: anchors wait until there is space." : _plan.Problem;
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
