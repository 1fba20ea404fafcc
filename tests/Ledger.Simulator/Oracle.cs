using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Simulator;

/// <summary>
/// A node of its own that no fault reaches: it executes every block that anybody honest voted for or settled, from the
/// bytes alone.
/// </summary>
internal sealed class Oracle
{
    private readonly ChainStore _store = new(new MemoryStore());
    private readonly RecordVerifier _verifier;
    private readonly Dictionary<BlockId, (string? Fault, ExecutedBlock? Block)> _judged = [];
    private readonly List<BlockId> _settled = [];
    private readonly List<(Configuration Configuration, Consensus.ValidatorSet Validators)> _inForce = [];

    public Oracle(GenesisDocument genesis)
    {
        Head = HeadLoader.Load(_store, genesis);
        _verifier = new RecordVerifier(_store);
        NoteInForce();
    }

    public ChainHead Head { get; private set; }

    public ChainStore Chain => _store;

    /// <summary>Those of the last block.</summary>
    public IReadOnlyList<VerifiedRecord> LastRecords { get; private set; } = [];

    public BlockId IdOf(Height height) => _settled[(int)height.Value - 1];

    /// <summary>Of a height that the settled blocks decide about: up to the one after the highest.</summary>
    public Configuration ConfigurationAt(Height height) => InForceAt(height).Configuration;

    /// <inheritdoc cref="ConfigurationAt"/>
    public Consensus.ValidatorSet ValidatorsAt(Height height) => InForceAt(height).Validators;

    /// <summary>What is wrong with a block for the next height; null if nothing is.</summary>
    /// <param name="source">Where its records are.</param>
    public string? FaultOf(Header header, BlockBody body, Commit? before, IStore source)
    {
        if (!_judged.TryGetValue(header.Id, out (string? Fault, ExecutedBlock? Block) known))
        {
            known.Fault = Execute(header, body, before, source, out known.Block) ?? FaultOfTime(known.Block!);
            _judged[header.Id] = known;
        }

        return known.Fault;
    }

    /// <summary>Settles a block here as well.</summary>
    /// <param name="before">The commit of the block before that the header names.</param>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public string? Append(SettledBlock settled, Commit? before, IStore source)
    {
        ExecutedBlock? block = AsVotedFor(settled, before, source);
        if (block is null && Execute(settled.Header, settled.Body, before, source, out block) is { } fault)
        {
            return fault;
        }

        StoreBatch batch = new();
        BlockWriter.Put(batch, _store, Head, block!, settled.Commit);
        _store.Raw.Write(batch);
        Head = BlockWriter.After(Head, block!, settled.Commit);
        NoteInForce();
        LastRecords = block!.Records;
        _judged.Clear();
        _settled.Add(settled.Header.Id);
        return null;
    }

    /// <summary>
    /// The block as it was executed on this head when somebody voted for it, if what settled are the very same bytes.
    /// </summary>
    private ExecutedBlock? AsVotedFor(SettledBlock settled, Commit? before, IStore source) =>
        _judged.TryGetValue(settled.Header.Id, out (string? Fault, ExecutedBlock? Block) known)
            && known is { Fault: null, Block: { } block }
            && block.Body.Encoded.Span.SequenceEqual(settled.Body.Encoded.Span)
            && (block.Before?.IsSameAs(before) ?? before is null)
            && block.Records.All(verified => source.Get(Table.Records, verified.Record.Id.Span) is { } bytes
                && bytes.AsSpan().SequenceEqual(verified.Record.Bytes.Span))
            ? block
            : null;

    private string? Execute(Header header, BlockBody body, Commit? before, IStore source, out ExecutedBlock? block)
    {
        block = null;
        List<ReadOnlyMemory<byte>> bytes = [];
        foreach (RecordId id in body.Records)
        {
            if (source.Get(Table.Records, id.Span) is not { } record)
            {
                return $"record {id} is not there";
            }

            bytes.Add(record);
        }

        VerifiedRecord?[] records = _verifier.Verify(bytes, new Refusal?[bytes.Count]);
        for (int i = 0; i < records.Length; i++)
        {
            if (records[i]?.Record.Id != body.Records[i])
            {
                return $"record {body.Records[i]} does not verify";
            }
        }

        block = BlockReplay.TryExecute(_store, Head, header, body, before, records!, out string fault);
        return block is null ? fault : null;
    }

    private (Configuration Configuration, Consensus.ValidatorSet Validators) InForceAt(Height height) =>
        _inForce[(int)Math.Min(height.Value - 1, (ulong)_inForce.Count - 1)];

    private void NoteInForce()
    {
        Configuration configuration = Head.Configuration;
        _inForce.Add(_inForce.Count > 0 && _inForce[^1].Configuration == configuration
            ? _inForce[^1]
            : (configuration, NodeLoop.ValidatorsOf(configuration)));
    }

    private string? FaultOfTime(ExecutedBlock block) =>
        block.Header.Time > Head.Time ? null : "it is not later than the block before";
}
