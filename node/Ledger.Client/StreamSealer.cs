using System.Collections.Immutable;
using System.Security.Cryptography;
using Ledger.Client.Files;
using Ledger.Client.Model;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Streams;

namespace Ledger.Client;

/// <summary>
/// Seals the records of one stream into its chain file. Works with no node and no network. Thread-safe: numbers are
/// given in the order in which calls arrive, and calls that come together share one sync of the disk.
/// </summary>
public sealed class StreamSealer : IAsyncDisposable
{
    private const int WarningsMax = 100;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ChainFile _file;
    private readonly SigningKey _key;
    private readonly string _issuer;
    private readonly TimeProvider _clock;
    private readonly BlockClock _blocks;
    private readonly HashSet<RecordId> _unfinished;
    private readonly AttestedStates _models;
    private volatile StreamState _state;
    private volatile ChainFileException? _refusal;
    private ImmutableList<string> _warnings = [];
    private ulong _durable;
    private bool _closed;

    private StreamSealer(
        ChainFile file, SigningKey key, string issuer, TimeProvider clock, StreamState state, ChainScan? scan)
    {
        (_file, _key, _issuer, _clock, _state) = (file, key, issuer, clock, state);
        _blocks = new BlockClock(clock);
        _durable = state.Seq.Value + 1;
        Unfinished = scan?.Unfinished ?? [];
        _unfinished = [.. Unfinished];
        _models = scan?.Models ?? new AttestedStates();
    }

    public StreamId Stream => State.Stream;

    /// <summary>After the last record that was written; it may take a moment more to be durable.</summary>
    public StreamState State => _state;

    public string ChainFile => _file.Path;

    /// <summary>The key that seals; a vault is opened with it.</summary>
    internal SigningKey Key => _key;

    /// <summary>
    /// What the operator should know: a torn end that was cut, a clock that runs behind, texts that look like persons.
    /// At most 100, each once.
    /// </summary>
    public IReadOnlyList<string> Warnings => Volatile.Read(ref _warnings);

    /// <summary>
    /// Intents that had no outcome when the file was opened: what was under way when the last process ended.
    /// </summary>
    public IReadOnlyList<RecordId> Unfinished { get; }

    /// <summary>Called after records have become durable, by any thread; must return at once.</summary>
    internal Action? Grown { get; set; }

    /// <summary>Records that are durable, from the first on.</summary>
    internal ulong DurableCount => Volatile.Read(ref _durable);

    internal Disk Disk => _file.Disk;

    /// <summary>Begins a stream: makes its chain file with the genesis record, durable when this returns.</summary>
    /// <param name="key">The stream's first key. The caller keeps it, and disposes of it after the sealer.</param>
    /// <param name="issuer">A pseudonym for who speaks; stands in each record's header.</param>
    /// <param name="genesisBody">As <see cref="Ledger.Records.Bodies.Body.Genesis"/> lays it out.</param>
    /// <exception cref="ChainFileException">The file cannot be made; none is left behind.</exception>
    /// <exception cref="SealRefusedException">The genesis record would break a rule.</exception>
    public static Task<StreamSealer> CreateAsync(
        string chainFile, SigningKey key, string issuer, CborMap genesisBody, CancellationToken cancellation) =>
        CreateAsync(chainFile, key, issuer, genesisBody, Disk.Real, TimeProvider.System, cancellation);

    /// <summary>Opens a chain file to go on with it. Every record in it is verified first.</summary>
    /// <param name="key">The key in force, or the stream's recovery key. The caller keeps it.</param>
    /// <exception cref="ChainFileException">The file is missing, locked, damaged, or another key's.</exception>
    public static Task<StreamSealer> OpenAsync(
        string chainFile, SigningKey key, string issuer, CancellationToken cancellation) =>
        OpenAsync(chainFile, key, issuer, Disk.Real, TimeProvider.System, cancellation);

    internal static Task<StreamSealer> CreateAsync(
        string chainFile,
        SigningKey key,
        string issuer,
        CborMap genesisBody,
        Disk disk,
        TimeProvider clock,
        CancellationToken cancellation) => Task.Run(
            () =>
            {
                UnixTime time = new((ulong)clock.GetUtcNow().ToUnixTimeMilliseconds());
                StreamId stream = new(key.Id.Value);
                RecordContent content =
                    new(stream, Sequence.Zero, RecordId.Zero, time, RecordKind.Genesis, genesisBody);
                (Record record, StreamState state) = Sign(null, key, issuer, stream.ToString(), content);
                ChainFile file = Files.ChainFile.Create(disk, chainFile, record);
                StreamSealer sealer = new(file, key, issuer, clock, state, scan: null);
                sealer.Warn(PersonalText.In(issuer, "", genesisBody));
                return sealer;
            },
            cancellation);

    internal static Task<StreamSealer> OpenAsync(
        string chainFile,
        SigningKey key,
        string issuer,
        Disk disk,
        TimeProvider clock,
        CancellationToken cancellation) => Task.Run(
            async () =>
            {
                (ChainFile file, ChainScan scan, string? warning) = Files.ChainFile.Open(disk, chainFile, cancellation);
                StreamSealer sealer = new(file, key, issuer, clock, scan.State, scan);
                if (key.Id != scan.State.Current.Kid && key.Id != scan.State.Recovery)
                {
                    await sealer.DisposeAsync().ConfigureAwait(false);
                    throw new ChainFileException(
                        ChainFileError.WrongKey,
                        $"{chainFile} is continued by the key {scan.State.Current.Kid}, and this is {key.Id}. Open the "
                            + "right key file.");
                }

                sealer.Warn(warning is null ? [] : [warning]);
                return sealer;
            },
            cancellation);

    /// <summary>Seals one record. It is on the disk when this returns.</summary>
    /// <param name="subject">What the record is about, a pseudonym; stands in its header.</param>
    /// <param name="causes">Ids of earlier records that informed this one, at most 64.</param>
    /// <param name="cancellation">Heeded until the record is signed; what is signed is finished.</param>
    /// <exception cref="SealRefusedException">
    /// The record would break a rule; the stream goes on as if nothing had been.
    /// </exception>
    /// <exception cref="ChainFileException">The disk refused: the record must be taken as not sealed.</exception>
    public async Task<Record> SealAsync(
        RecordKind kind, CborMap body, string subject, IReadOnlyList<RecordId>? causes, CancellationToken cancellation) =>
        (await TrySealAsync(kind, body, subject, causes, null, cancellation).ConfigureAwait(false))!;

    /// <inheritdoc cref="SealAsync"/>
    /// <param name="holds">Asked in the turn of this record, before it is signed.</param>
    /// <returns>Null if <paramref name="holds"/> said no; then nothing was sealed.</returns>
    internal async Task<Record?> TrySealAsync(
        RecordKind kind,
        CborMap body,
        string subject,
        IReadOnlyList<RecordId>? causes,
        Func<bool>? holds,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(body);
        Record record;
        Task durable;
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_refusal is { } refusal)
            {
                throw refusal;
            }

            if (holds?.Invoke() == false)
            {
                return null;
            }

            RecordContent content =
                RecordContent.After(_state, Now(kind), kind, body) with { Causes = [.. causes ?? []] };
            (record, StreamState state) = Sign(_state, _key, _issuer, subject, content);
            _file.Append(record.Bytes.Span);
            _state = state;
            Note(record);
            durable = _file.SyncedAsync();
        }
        finally
        {
            _turn.Release();
        }

        Warn(PersonalText.In("", subject, body));
        await durable.ConfigureAwait(false);
        Grow(record.Seq.Value + 1);
        return record;
    }

    /// <summary>The last attested state of the model of that name; null if none was attested in this stream.</summary>
    internal AttestedState? Attested(string model)
    {
        lock (_models)
        {
            return _models.Find(model);
        }
    }

    /// <summary>From now on nothing is sealed more than ten minutes ahead of this block's time, carried forward.</summary>
    internal void SeeBlock(UnixTime block) => _blocks.See(block);

    /// <summary>From now on nothing is sealed: a node holds a history that this file does not continue.</summary>
    internal void Refuse(ChainFileException reason) => _refusal ??= reason;

    /// <summary>True for the first who asks to finish an intent that was found without outcome.</summary>
    internal bool TryFinish(RecordId intent)
    {
        lock (_unfinished)
        {
            return _unfinished.Remove(intent);
        }
    }

    /// <summary>Waits for records under way, closes the file and lets go of its lock.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        bool closed = _closed;
        _closed = true;
        _turn.Release();
        if (!closed)
        {
            await _file.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Signs, and holds the result against the rules that every node will hold it against.</summary>
    private static (Record Record, StreamState After) Sign(
        StreamState? before, SigningKey key, string issuer, string subject, RecordContent content)
    {
        Span<byte> randomizer = stackalloc byte[MlDsa65.RandomizerBytes];
        RandomNumberGenerator.Fill(randomizer);
        if (!RecordWriter.TrySeal(key, issuer, subject, content, randomizer, out Record? record, out Fault? fault)
            || !VerifiedRecord.TryVerify(record, key.PublicKey.Span, out VerifiedRecord? verified, out fault)
            || !StreamRules.TryApply(before, verified, GenesisTerms.None, out StreamState? after, out fault))
        {
            throw new SealRefusedException(fault);
        }

        return (record, after);
    }

    /// <summary>The clock, but never before the last record: only a gap record may set a stream's time back.</summary>
    private UnixTime Now(RecordKind kind)
    {
        UnixTime now = new((ulong)_clock.GetUtcNow().ToUnixTimeMilliseconds());
        bool behind = kind != RecordKind.Gap && now < _state.Time;
        if (_blocks.Refuses(behind ? _state.Time : now) is { } reason)
        {
            throw new SealRefusedException(new Fault(Layer.Link, reason));
        }

        if (!behind)
        {
            return now;
        }

        Warn([
            "The clock of this machine runs behind the last record of the stream; records repeat that record's time. "
            + "If the clock is right, seal a gap record of type clock, which sets the stream's time back."]);
        return _state.Time;
    }

    private void Note(Record record)
    {
        if (record.Kind == RecordKind.Model)
        {
            lock (_models)
            {
                _models.Note(record);
            }
        }
    }

    /// <summary>A sync covers every record before it: the highest count is the one that holds.</summary>
    private void Grow(ulong count)
    {
        ulong known;
        while ((known = Volatile.Read(ref _durable)) < count)
        {
            Interlocked.CompareExchange(ref _durable, count, known);
        }

        Grown?.Invoke();
    }

    private void Warn(IEnumerable<string> found)
    {
        foreach (string warning in found)
        {
            ImmutableInterlocked.Update(
                ref _warnings,
                static (known, added) => known.Count >= WarningsMax || known.Contains(added) ? known : known.Add(added),
                warning);
        }
    }
}
