using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// Block header: what validators sign, and what Bitcoin dates. Deterministic CBOR; its SHA-256 is the block id.
/// </summary>
public sealed record Header
{
    /// <summary>Largest encoding, in bytes: 13 short members.</summary>
    public const int EncodedBytesMax = 512;

    private Derived<Header, BlockId> _id;
    private Derived<Header, ReadOnlyMemory<byte>> _encoded;

    public required ChainId Chain { get; init; }

    public required Height Height { get; init; }

    /// <summary>Agreed by proposer-based timestamps; strictly greater than the time of the block before.</summary>
    public required UnixTime Time { get; init; }

    /// <summary>Zero in the first header of a chain without a predecessor.</summary>
    public required BlockId Previous { get; init; }

    /// <summary>SHA-256 of the commit of the block before; zero in the first header.</summary>
    public required Digest Commit { get; init; }

    /// <summary>Vote key of the validator that proposed the block.</summary>
    public required KeyId Proposer { get; init; }

    /// <summary>Digest of the configuration whose validators sign this block.</summary>
    public required Digest Validators { get; init; }

    /// <summary>Digest of the configuration in force at the next height.</summary>
    public required Digest Next { get; init; }

    /// <summary>Entries in the log after this block.</summary>
    public required TreeSize Size { get; init; }

    /// <summary>Root of the log after this block.</summary>
    public required Digest Root { get; init; }

    /// <summary>Root of the streams map after this block.</summary>
    public required Digest Streams { get; init; }

    /// <summary>SHA-256 of the encoded body.</summary>
    public required Digest Body { get; init; }

    /// <summary>SHA-256 of <see cref="Encoded"/>.</summary>
    public BlockId Id => _id.Of(this, header => new BlockId(Digest.Of(header.Encoded.Span)));

    /// <summary>Laid out once, or as it was read.</summary>
    public ReadOnlyMemory<byte> Encoded => _encoded.Of(this, header => header.LayOut());

    /// <summary><see cref="Encoded"/> as the caller's own.</summary>
    public byte[] Encode() => ByteCopy.Of(Encoded.Span);

    private ReadOnlyMemory<byte> LayOut() =>
        new CborWriter(EncodedBytesMax)
            .Map(13)
            .Text("v"u8).Unsigned(1)
            .Text("body"u8).Bytes(Body)
            .Text("next"u8).Bytes(Next)
            .Text("prev"u8).Bytes(Previous.Value)
            .Text("root"u8).Bytes(Root)
            .Text("size"u8).Unsigned(Size.Value)
            .Text("time"u8).Unsigned(Time.Milliseconds)
            .Text("chain"u8).Bytes(Chain.Value)
            .Text("commit"u8).Bytes(Commit)
            .Text("height"u8).Unsigned(Height.Value)
            .Text("streams"u8).Bytes(Streams)
            .Text("proposer"u8).Bytes(Proposer.Value)
            .Text("validators"u8).Bytes(Validators)
            .WrittenMemory;

    /// <summary>Strict: exactly the members above, and nothing after them.</summary>
    /// <summary>The first of its chain, which names no commit (H5).</summary>
    public bool IsFirst => Commit == Digest.Zero;

    public static bool TryParse(ReadOnlySpan<byte> bytes, out Header header, out CborError error)
    {
        CborReader reader = new(bytes);
        header = null!;
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadVersion(ref map)
            & reader.TryReadMember(ref map, "body"u8, out Digest body)
            & reader.TryReadMember(ref map, "next"u8, out Digest next)
            & reader.TryReadMember(ref map, "prev"u8, out Digest previous)
            & reader.TryReadMember(ref map, "root"u8, out Digest root)
            & reader.TryReadMember(ref map, "size"u8, out ulong size)
            & reader.TryReadMember(ref map, "time"u8, out ulong time)
            & reader.TryReadMember(ref map, "chain"u8, out Digest chain)
            & reader.TryReadMember(ref map, "commit"u8, out Digest commit)
            & reader.TryReadMember(ref map, "height"u8, out ulong height)
            & reader.TryReadMember(ref map, "streams"u8, out Digest streams)
            & reader.TryReadMember(ref map, "proposer"u8, out Digest proposer)
            & reader.TryReadMember(ref map, "validators"u8, out Digest validators)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        if (read)
        {
            header = new Header
            {
                Chain = new ChainId(chain),
                Height = new Height(height),
                Time = new UnixTime(time),
                Previous = new BlockId(previous),
                Commit = commit,
                Proposer = new KeyId(proposer),
                Validators = validators,
                Next = next,
                Size = new TreeSize(size),
                Root = root,
                Streams = streams,
                Body = body,
            };
            header._encoded.Know(header, ByteCopy.Of(bytes));
        }

        return read;
    }
}
