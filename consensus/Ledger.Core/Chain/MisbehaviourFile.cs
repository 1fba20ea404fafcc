using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>A vote or a proposal as it was signed.</summary>
/// <param name="Bytes">Exactly what the signature covers: see <see cref="SignBytes"/>.</param>
/// <param name="Signature">ML-DSA-65, 3,309 bytes; not checked by parsing.</param>
public sealed record SignedStatement(ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Signature);

/// <summary>
/// Two statements under one key that no honest validator makes both, for anyone to check: rules X1 to X4 of
/// <c>consensus/README.md</c>. Parsing checks X1 and X2; the signatures (X3) are checked where <c>Ledger.Crypto</c> is
/// at hand, and whether the key is a validator's (X4) against a configuration.
/// </summary>
/// <param name="Key">The raw public key, 1,952 bytes.</param>
/// <param name="First">The one whose bytes come first.</param>
public sealed record MisbehaviourFile(ReadOnlyMemory<byte> Key, SignedStatement First, SignedStatement Second)
{
    /// <summary>A statement is shorter: 128 bytes hold the longest.</summary>
    private const int StatementBytesMax = 128;

    /// <summary>SHA-256 of the key: who misbehaved.</summary>
    public KeyId Signer => KeyId.Of(Key.Span);

    /// <summary>The two in their order, whichever came first.</summary>
    public static MisbehaviourFile Of(ReadOnlyMemory<byte> key, SignedStatement one, SignedStatement other) =>
        one.Bytes.Span.SequenceCompareTo(other.Bytes.Span) < 0
            ? new MisbehaviourFile(key, one, other)
            : new MisbehaviourFile(key, other, one);

    /// <summary>Whether these first bytes are such a file's, and no evidence file's.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> start)
    {
        CborReader reader = new(start);
        return reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadKey(ref map, "key"u8);
    }

    public byte[] Encode()
    {
        CborWriter writer = new(BlockBody.MisbehaviourBytesMax);
        writer.Map(5)
            .Text("v"u8).Unsigned(1)
            .Text("key"u8).Bytes(Key.Span)
            .Text("type"u8).Text("misbehaviour"u8)
            .Text("first"u8);
        Write(writer, First);
        Write(writer.Text("second"u8), Second);
        return writer.ToArray();
    }

    /// <summary>The one door for these files. No byte string makes it throw.</summary>
    /// <param name="bytes">Kept, not copied: the caller no longer changes them.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out MisbehaviourFile file, out CborError error)
    {
        CborReader reader = new(bytes.Span);
        ReadOnlySpan<byte> key = default;
        SignedStatement? first = null;
        SignedStatement? second = null;
        bool read = (bytes.Length <= BlockBody.MisbehaviourBytesMax || reader.Fail(CborFault.WrongLength, 0))
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadKey(ref map, "key"u8)
            && reader.TryReadBytes(Limits.PublicKeyBytes, out key)
            && reader.TryReadKey(ref map, "type"u8)
            && reader.TryReadText("misbehaviour"u8)
            && reader.TryReadKey(ref map, "first"u8)
            && TryRead(ref reader, null, out first)
            && reader.TryReadKey(ref map, "second"u8)
            && TryRead(ref reader, first, out second)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        file = read ? new MisbehaviourFile(key.ToArray(), first!, second!) : null!;
        return read;
    }

    /// <summary>What a parsed file's statement says.</summary>
    public static ConsensusStatement Read(SignedStatement signed) =>
        ConsensusStatement.TryParse(signed.Bytes.Span, out ConsensusStatement statement, out CborError error)
            ? statement
            : throw new ArgumentException($"Not a statement: {error}.", nameof(signed));

    private static void Write(CborWriter writer, SignedStatement signed) =>
        writer.Array(2).Bytes(signed.Bytes.Span).Bytes(signed.Signature.Span);

    /// <summary>Faults inside a statement are told at its first byte.</summary>
    private static bool TryRead(ref CborReader reader, SignedStatement? before, out SignedStatement? signed)
    {
        signed = null;
        int at = reader.Position;
        if (!reader.TryReadArray(2)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> bytes)
            || (bytes.Length > StatementBytesMax && !reader.Fail(CborFault.WrongLength, at)))
        {
            return false;
        }

        if (!ConsensusStatement.TryParse(bytes, out ConsensusStatement statement, out CborError error))
        {
            return reader.Fail(error.Fault, at);
        }

        bool follows = before is null
            || (Read(before).Contradicts(statement) && before.Bytes.Span.SequenceCompareTo(bytes) < 0);
        if (!follows && !reader.Fail(CborFault.WrongValue, at))
        {
            return false;
        }

        ReadOnlyMemory<byte> kept = bytes.ToArray();
        if (!reader.TryReadBytes(Limits.SignatureBytes, out ReadOnlySpan<byte> signature) || !reader.EndArray())
        {
            return false;
        }

        signed = new SignedStatement(kept, signature.ToArray());
        return true;
    }
}
