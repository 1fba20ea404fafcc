using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// What a newcomer sends to a member: the seat that it asks for, on this chain. Rule Q11 of <c>consensus/README.md</c>. Its
/// SHA-256 is what both sides read aloud, in words.
/// </summary>
public sealed record SeatFile(ChainId Chain, Validator Validator)
{
    /// <summary>Bytes of a file.</summary>
    public const int BytesMax = 8_192;

    public Digest Digest => Digest.Of(Encode());

    public byte[] Encode()
    {
        CborWriter writer = new(BytesMax);
        writer.Map(3).Text("v"u8).Unsigned(1).Text("chain"u8).Bytes(Chain.Value).Text("validator"u8);
        Validator.EncodeTo(writer);
        return writer.ToArray();
    }

    /// <summary>The one door for these files. No byte string makes it throw.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SeatFile file, out CborError error)
    {
        CborReader reader = new(bytes);
        Digest chain = default;
        Validator validator = null!;
        bool read = (bytes.Length <= BytesMax || reader.Fail(CborFault.WrongLength, 0))
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadMember(ref map, "chain"u8, out chain)
            && reader.TryReadKey(ref map, "validator"u8)
            && Validator.TryRead(ref reader, out validator)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        file = read ? new SeatFile(new ChainId(chain), validator) : null!;
        return read;
    }
}
