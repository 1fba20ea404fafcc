using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>What a chain starts from. Its SHA-256 is the chain id.</summary>
public sealed record GenesisDocument
{
    private Derived<GenesisDocument, ChainId> _chain;

    /// <summary>What people call the network.</summary>
    public required string Name { get; init; }

    public required UnixTime Time { get; init; }

    /// <summary>The Bitcoin network that roots go to: main, testnet4, signet or regtest.</summary>
    public required string Bitcoin { get; init; }

    /// <summary>The chain that this one continues, if any.</summary>
    public Predecessor? Predecessor { get; init; }

    public required Configuration Configuration { get; init; }

    public ChainId Chain => _chain.Of(this, document => new ChainId(Digest.Of(document.Encode())));

    public byte[] Encode()
    {
        CborWriter writer = new(8_192);
        writer.Map(Predecessor is null ? 5 : 6)
            .Text("v"u8).Unsigned(1)
            .Text("name"u8).Text(Name)
            .Text("time"u8).Unsigned(Time.Milliseconds)
            .Text("bitcoin"u8).Text(Bitcoin);
        if (Predecessor is { } predecessor)
        {
            writer.Text("predecessor"u8);
            predecessor.EncodeTo(writer);
        }

        writer.Text("configuration"u8);
        Configuration.EncodeTo(writer);
        return writer.ToArray();
    }

    public static bool TryParse(ReadOnlySpan<byte> bytes, out GenesisDocument genesis, out CborError error)
    {
        CborReader reader = new(bytes);
        genesis = null!;
        if (bytes.Length > Limits.ConfigurationBytes)
        {
            reader.Fail(CborFault.WrongLength, 0);
        }

        Predecessor? predecessor = null;
        Configuration configuration = null!;
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadVersion(ref map)
            & reader.TryReadMember(ref map, "name"u8, Validator.NameBytesMax, out string name)
            & reader.TryReadMember(ref map, "time"u8, out ulong time)
            & reader.TryReadMember(ref map, "bitcoin"u8, 16, out string bitcoin)
            && (!reader.TryReadOptionalKey(ref map, "predecessor"u8) || Predecessor.TryRead(ref reader, out predecessor))
            && reader.TryReadKey(ref map, "configuration"u8)
            && Configuration.TryRead(ref reader, out configuration)
            && (bitcoin is "main" or "testnet4" or "signet" or "regtest" || reader.Fail(CborFault.WrongValue, 0))
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        if (read)
        {
            genesis = new GenesisDocument
            {
                Name = name,
                Time = new UnixTime(time),
                Bitcoin = bitcoin,
                Predecessor = predecessor,
                Configuration = configuration,
            };
        }

        return read;
    }
}

/// <summary>The last agreed state of the chain before: log, map and streams go on from it.</summary>
public sealed record Predecessor(
    ChainId Chain, Height Height, BlockId Block, TreeSize Size, Digest Root, Digest Streams)
{
    public static Predecessor Of(Header last)
    {
        ArgumentNullException.ThrowIfNull(last);
        return new Predecessor(last.Chain, last.Height, last.Id, last.Size, last.Root, last.Streams);
    }

    internal void EncodeTo(CborWriter writer) =>
        writer.Map(6)
            .Text("root"u8).Bytes(Root)
            .Text("size"u8).Unsigned(Size.Value)
            .Text("block"u8).Bytes(Block.Value)
            .Text("chain"u8).Bytes(Chain.Value)
            .Text("height"u8).Unsigned(Height.Value)
            .Text("streams"u8).Bytes(Streams);

    internal static bool TryRead(ref CborReader reader, out Predecessor? predecessor)
    {
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadMember(ref map, "root"u8, out Digest root)
            & reader.TryReadMember(ref map, "size"u8, out ulong size)
            & reader.TryReadMember(ref map, "block"u8, out Digest block)
            & reader.TryReadMember(ref map, "chain"u8, out Digest chain)
            & reader.TryReadMember(ref map, "height"u8, out ulong height)
            & reader.TryReadMember(ref map, "streams"u8, out Digest streams)
            && reader.EndMap(map);
        predecessor = read
            ? new Predecessor(
                new ChainId(chain), new Height(height), new BlockId(block), new TreeSize(size), root, streams)
            : null;
        return read;
    }
}
