using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Chain;

/// <summary>
/// Typed reading of the store: what the bytes under each key mean. What cannot be read back as it was written is
/// damage, and stops the node. Thread-safe as far as the store is.
/// </summary>
public sealed class ChainStore(IStore store) : ITileReader, IMapNodes
{
    /// <summary>Before a height, and so outside the texts that are the other keys.</summary>
    private const byte ChangePrefix = 0;

    /// <summary>Before the height at which a chain ended.</summary>
    private const byte EndPrefix = 1;

    private static readonly byte[] HeadKey = "head"u8.ToArray();
    private static readonly byte[] GenesisKey = "genesis"u8.ToArray();
    private static readonly byte[] FormatKey = "format"u8.ToArray();
    private static readonly byte[] UpcomingKey = "upcoming"u8.ToArray();
    private static readonly byte[] JoinedKey = "joined"u8.ToArray();
    private static readonly byte[] HeldFromKey = "held-from"u8.ToArray();
    private static readonly byte[] JoiningKey = "joining"u8.ToArray();

    /// <summary>Version of the layout of this store; a later program migrates, an earlier one refuses.</summary>
    public const byte Format = 1;

    public IStore Raw => store;

    public GenesisDocument? Genesis
    {
        get
        {
            if (store.Get(Table.Meta, GenesisKey) is not { } bytes)
            {
                return null;
            }

            if (store.Get(Table.Meta, FormatKey) is not [Format])
            {
                throw new StoreCorruptException($"The store has another layout than this program's ({Format}); run 'ledger migrate'.");
            }

            return GenesisDocument.TryParse(bytes, out GenesisDocument genesis, out CborError error)
                ? genesis
                : throw Damaged("the genesis document", error);
        }
    }

    public Height Height => store.Get(Table.Meta, HeadKey) is { } head ? new Height(StoreKeys.Number(head)) : Height.Zero;

    internal static void PutGenesis(StoreBatch batch, GenesisDocument genesis) =>
        batch.Put(Table.Meta, FormatKey, [Format])
            .Put(Table.Meta, GenesisKey, genesis.Encode())
            .Put(Table.Meta, HeadKey, StoreKeys.Number(0))
            .Put(Table.Configurations, genesis.Configuration.Digest.Span, genesis.Configuration.Encode());

    internal static void PutHead(StoreBatch batch, Height height) =>
        batch.Put(Table.Meta, HeadKey, StoreKeys.Of(height));

    /// <summary>The configuration that comes two heights after the head.</summary>
    internal static void PutUpcoming(StoreBatch batch, Configuration configuration) =>
        batch.Put(Table.Configurations, configuration.Digest.Span, configuration.Encode())
            .Put(Table.Meta, UpcomingKey, configuration.Digest.Span);

    /// <summary>Notes that a block names another configuration as the next than the one that its validators are of.</summary>
    internal static void PutChange(StoreBatch batch, Header header) =>
        batch.Put(Table.Meta, [ChangePrefix, .. StoreKeys.Of(header.Height)], []);

    /// <summary>Heights of the blocks that name another configuration as the next, ascending.</summary>
    internal IEnumerable<Height> Changes() => store.Scan(Table.Meta, [ChangePrefix], [ChangePrefix + 1])
        .Select(pair => new Height(StoreKeys.Number(pair.Key.AsSpan(1))));

    /// <summary>Notes the genesis document of a chain that ended with that block.</summary>
    internal static void PutEnd(StoreBatch batch, Height last, GenesisDocument genesis) =>
        batch.Put(Table.Meta, [EndPrefix, .. StoreKeys.Of(last)], genesis.Encode());

    /// <summary>The genesis document of the chain that a block is of; the present one, unless that continues another.</summary>
    internal GenesisDocument GenesisOf(Height height)
    {
        foreach ((_, byte[] ended) in store.Scan(Table.Meta, [EndPrefix, .. StoreKeys.Of(height)], [EndPrefix + 1]))
        {
            return GenesisDocument.TryParse(ended, out GenesisDocument genesis, out CborError error)
                ? genesis
                : throw Damaged($"the genesis document of block {height}", error);
        }

        return Genesis!;
    }

    /// <summary>Null while there never was a change.</summary>
    internal Configuration? Upcoming =>
        store.Get(Table.Meta, UpcomingKey) is { } digest ? Configuration(new Digest(digest)) : null;

    /// <summary>Approvals of the change that comes next, in the order of their keys.</summary>
    internal IEnumerable<Approval> Approvals() => store.Scan(Table.Approvals, [], null)
        .Select(pair => StoreKeys.Approval(pair.Key, pair.Value));

    /// <summary>The block whose state this node began with; zero if it has executed the chain from its first block.</summary>
    public Height JoinedAt => NumberAt(JoinedKey) is { } height ? new Height(height) : Height.Zero;

    /// <summary>
    /// From this height on, all blocks and their records are held. Above 1 only at a node that joined by a snapshot and
    /// has not yet fetched what was before.
    /// </summary>
    public Height HeldFrom => new(NumberAt(HeldFromKey) ?? 1);

    /// <summary>The snapshot that is being fetched, as it was chosen; null while none is.</summary>
    internal byte[]? Joining => store.Get(Table.Meta, JoiningKey);

    internal static void PutJoining(StoreBatch batch, ReadOnlySpan<byte> chosen) => batch.Put(Table.Meta, JoiningKey, chosen);

    /// <summary>The node stands at the block from here on.</summary>
    internal static void PutJoined(StoreBatch batch, Height height) =>
        batch.Delete(Table.Meta, JoiningKey).Put(Table.Meta, JoinedKey, StoreKeys.Of(height));

    internal static void PutHeldFrom(StoreBatch batch, Height height) =>
        batch.Put(Table.Meta, HeldFromKey, StoreKeys.Of(height));

    private ulong? NumberAt(byte[] key) => store.Get(Table.Meta, key) is { } number ? StoreKeys.Number(number) : null;

    public SettledBlock? Block(Height height)
    {
        if (store.Get(Table.Blocks, StoreKeys.Of(height)) is not { } bytes)
        {
            return null;
        }

        return SettledBlock.TryParse(bytes, out SettledBlock block, out CborError error)
            ? block
            : throw Damaged($"block {height}", error);
    }

    /// <summary>The header alone: the votes under it, nearly all of a block's bytes, are not read.</summary>
    public Header? Header(Height height)
    {
        if (store.Get(Table.Blocks, StoreKeys.Of(height)) is not { } bytes)
        {
            return null;
        }

        return SettledBlock.TryParseHeader(bytes, out Header header, out CborError error)
            ? header
            : throw Damaged($"block {height}", error);
    }

    public Height? HeightOf(BlockId id) =>
        store.Get(Table.BlockHeights, id.Value.Span) is { } height ? new Height(StoreKeys.Number(height)) : null;

    public Configuration Configuration(Digest digest)
    {
        byte[] bytes = store.Get(Table.Configurations, digest.Span)
            ?? throw new StoreCorruptException($"The configuration {digest} is missing.");
        return Core.Chain.Configuration.TryParse(bytes, out Configuration configuration, out CborError error)
            ? configuration
            : throw Damaged($"the configuration {digest}", error);
    }

    /// <summary>All that ever was in force or decided, in no order.</summary>
    internal IEnumerable<Configuration> Configurations() => store.Scan(Table.Configurations, [], null)
        .Select(row => Configuration(new Digest(row.Key)));

    public byte[]? RecordBytes(in RecordId id) => store.Get(Table.Records, id.Span);

    /// <summary>A record that this node accepted; it parsed then, so it parses now.</summary>
    public Record? Record(in RecordId id)
    {
        if (RecordBytes(id) is not { } bytes)
        {
            return null;
        }

        return Records.Record.TryParse(bytes, out Record? record, out Fault? fault)
            ? record
            : throw new StoreCorruptException($"The record {id} cannot be read: {fault.Reason}.");
    }

    /// <summary>Where a record settled; null while it is only sealed, or unknown.</summary>
    public (Height Height, LogIndex Index)? Placement(in RecordId id) =>
        store.Get(Table.Settled, id.Span) is { } value ? StoreKeys.Placement(value) : null;

    /// <summary>Position of an entry in the log; null if it is not there.</summary>
    public LogIndex? IndexOf(EntryHash entry) =>
        store.Get(Table.Leaves, entry.Value.Span) is { } index ? new LogIndex(StoreKeys.Number(index)) : null;

    public RecordId? RecordAt(LogIndex index) =>
        store.Get(Table.Entries, StoreKeys.Of(index)) is { } id ? new RecordId(id) : null;

    public RecordId? RecordAt(StreamId stream, Sequence seq) =>
        store.Get(Table.StreamRecords, StoreKeys.StreamRecord(stream, seq)) is { } id ? new RecordId(id) : null;

    /// <summary>
    /// The first record of a stream, from one place on and up to another, that is here: those below are, at a node that
    /// joined by a snapshot, still being fetched from the newest down. Null if none is.
    /// </summary>
    public Sequence? FirstHeld(StreamId stream, Sequence from, Sequence to)
    {
        (ulong low, ulong end) = (from.Value, to.Value + 1);
        ulong high = end;
        while (low < high)
        {
            ulong middle = low == from.Value ? low : low + ((high - low) / 2);
            (low, high) = RecordAt(stream, new Sequence(middle)) is null ? (middle + 1, high) : (low, middle);
        }

        return low < end ? new Sequence(low) : null;
    }

    /// <summary>The settled state of a stream.</summary>
    public StreamState? Stream(StreamId stream)
    {
        if (store.Get(Table.Streams, stream.Value.Span) is not { } bytes)
        {
            return null;
        }

        return StreamState.TryDecode(bytes, out StreamState? state, out CborError error)
            ? state
            : throw Damaged($"the state of stream {stream}", error);
    }

    /// <summary>A settled state of some stream, now or at an earlier block, by its value in the streams map.</summary>
    public StreamState? StreamAt(Digest value)
    {
        if (store.Get(Table.StreamStates, value.Span) is not { } bytes)
        {
            return null;
        }

        return StreamState.TryDecode(bytes, out StreamState? state, out CborError error)
            ? state
            : throw Damaged($"the stream state {value}", error);
    }

    public byte[]? PublicKey(KeyId key) => store.Get(Table.PublicKeys, key.Value.Span);

    internal Usage Usage(byte[] key) => store.Get(Table.Usage, key) is { } bytes ? Chain.Usage.Decode(bytes) : default;

    bool ITileReader.TryRead(in TileId tile, out ReadOnlyMemory<byte> hashes)
    {
        byte[]? bytes = store.Get(Table.Tiles, StoreKeys.Tile(tile.Level, tile.Index));
        hashes = bytes;
        return bytes is not null && bytes.Length >= tile.ByteCount;
    }

    bool IMapNodes.TryGet(in Digest hash, out MapNode node)
    {
        node = default!;
        return store.Get(Table.MapNodes, hash.Span) is { } bytes && MapNode.TryDecode(bytes, out node);
    }

    private static StoreCorruptException Damaged(string what, CborError error) =>
        new($"The stored bytes of {what} cannot be read: {error}. Restore the node's folder from a backup.");
}
