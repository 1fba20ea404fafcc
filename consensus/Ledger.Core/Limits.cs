namespace Ledger.Core;

/// <summary>Every limit that the format fixes, in one place. Changing one changes the protocol.</summary>
public static class Limits
{
    /// <summary>Bytes of one record, tag included.</summary>
    public const int RecordBytes = 60_000;

    /// <summary>Bytes of a <c>root</c> record, so that an OpenTimestamps operation stays within 4,096.</summary>
    public const int RootRecordBytes = 4_095;

    /// <summary>Nesting of arrays and maps in one CBOR document; the outermost has depth 1.</summary>
    public const int CborDepth = 8;

    /// <summary>Largest magnitude of an integer, 2^53 - 1: every language reads it exactly.</summary>
    public const ulong Integer = 9_007_199_254_740_991;

    /// <summary>Entries in <c>causes</c>.</summary>
    public const int Causes = 64;

    /// <summary>Keys that one stream may have had in force.</summary>
    public const int StreamKeys = 256;

    /// <summary>The last keys of a stream, which only the recovery key may put in force.</summary>
    public const int StreamKeysForRecovery = 16;

    /// <summary>Bytes of a raw ML-DSA-65 public key (FIPS 204, table 2).</summary>
    public const int PublicKeyBytes = 1_952;

    /// <summary>Bytes of an ML-DSA-65 signature (FIPS 204, table 2).</summary>
    public const int SignatureBytes = 3_309;

    /// <summary>Bytes of a block body: record ids and evidence of misbehaviour.</summary>
    public const int BlockBodyBytes = 1_048_576;

    /// <summary>
    /// Blocks within which misbehaviour enters the chain, counted from the height that it is about: who knows these
    /// knows every contradiction that a block may not hold again.
    /// </summary>
    public const ulong MisbehaviourBlocks = 1_000;

    /// <summary>Version of the rules (parameter <c>protocol</c>) that this program knows, and those before it.</summary>
    public const ulong Protocol = 1;

    /// <summary>Validators in one configuration.</summary>
    public const int Validators = 256;

    /// <summary>Bytes of a genesis document or configuration.</summary>
    public const int ConfigurationBytes = 4_194_304;

    /// <summary>How far a record's own time may lie ahead of the block that settles it, in milliseconds.</summary>
    public const ulong RecordAheadOfBlockMs = 600_000;
}
