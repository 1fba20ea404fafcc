using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// Two commits for one height that name different blocks, with the genesis document that says whose they are: rules X5
/// and X6 of <c>consensus/README.md</c>. No protocol with less than a third of liars gives both. Parsing checks X5; the
/// signatures (X6) are checked where <c>Ledger.Crypto</c> is at hand.
/// </summary>
/// <param name="First">The one whose block id comes first.</param>
/// <param name="Genesis">As encoded: its SHA-256 is the chain id.</param>
public sealed record ForkFile(Commit First, Commit Second, ReadOnlyMemory<byte> Genesis)
{
    /// <summary>Bytes of one commit: 256 votes.</summary>
    public const int CommitBytesMax = 1 << 20;

    /// <summary>Bytes of a file.</summary>
    public const int BytesMax = Limits.ConfigurationBytes + (2 * CommitBytesMax) + 64;

    public ChainId Chain => new(Digest.Of(Genesis.Span));

    /// <summary>The two in their order, whichever came first.</summary>
    public static ForkFile Of(Commit one, Commit other, ReadOnlyMemory<byte> genesis) =>
        one.Block.CompareTo(other.Block) < 0 ? new ForkFile(one, other, genesis) : new ForkFile(other, one, genesis);

    /// <summary>Whether these first bytes are such a file's, and no evidence file's.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> start)
    {
        CborReader reader = new(start);
        return reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadKey(ref map, "type"u8);
    }

    /// <summary>The genesis document of a parsed file.</summary>
    public GenesisDocument ReadGenesis() =>
        GenesisDocument.TryParse(Genesis.Span, out GenesisDocument genesis, out CborError error)
            ? genesis
            : throw new InvalidOperationException($"Not a genesis document: {error}.");

    public byte[] Encode() => new CborWriter(Genesis.Length + 32_768)
        .Map(5)
        .Text("v"u8).Unsigned(1)
        .Text("type"u8).Text("fork"u8)
        .Text("first"u8).Bytes(First.Encode())
        .Text("second"u8).Bytes(Second.Encode())
        .Text("genesis"u8).Bytes(Genesis.Span)
        .ToArray();

    /// <summary>The one door for these files. No byte string makes it throw.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ForkFile file, out CborError error)
    {
        CborReader reader = new(bytes);
        Commit? first = null;
        Commit? second = null;
        byte[] genesis = [];
        bool read = (bytes.Length <= BytesMax || reader.Fail(CborFault.WrongLength, 0))
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadKey(ref map, "type"u8)
            && reader.TryReadText("fork"u8)
            && reader.TryReadKey(ref map, "first"u8)
            && TryRead(ref reader, null, out first)
            && reader.TryReadKey(ref map, "second"u8)
            && TryRead(ref reader, first, out second)
            && reader.TryReadKey(ref map, "genesis"u8)
            && TryRead(ref reader, out genesis)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        file = read ? new ForkFile(first!, second!, genesis) : null!;
        return read;
    }

    /// <summary>Faults inside are told at the first byte of the string around them.</summary>
    private static bool TryRead(ref CborReader reader, Commit? before, out Commit? commit)
    {
        commit = null;
        int at = reader.Position;
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> bytes)
            || (bytes.Length > CommitBytesMax && !reader.Fail(CborFault.WrongLength, at)))
        {
            return false;
        }

        if (!Commit.TryParse(bytes, out commit, out CborError error))
        {
            return reader.Fail(error.Fault, at);
        }

        return before is null
            || (commit.Height == before.Height && before.Block.CompareTo(commit.Block) < 0)
            || reader.Fail(CborFault.WrongValue, at);
    }

    private static bool TryRead(ref CborReader reader, out byte[] genesis)
    {
        genesis = [];
        int at = reader.Position;
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> bytes)
            || (bytes.Length > Limits.ConfigurationBytes && !reader.Fail(CborFault.WrongLength, at)))
        {
            return false;
        }

        genesis = bytes.ToArray();
        return GenesisDocument.TryParse(bytes, out _, out CborError error) || reader.Fail(error.Fault, at);
    }
}
