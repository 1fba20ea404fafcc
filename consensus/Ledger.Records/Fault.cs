namespace Ledger.Records;

/// <summary>Which question about a record or a file went wrong, in the order in which they are asked.</summary>
public enum Layer
{
    /// <summary>Bytes of one record: CBOR, form, kind, size.</summary>
    Encoding,

    /// <summary>The signature over the record.</summary>
    Signature,

    /// <summary>A sequence number too large: records are missing before this one.</summary>
    Gap,

    /// <summary>Every other rule between a record and those before it.</summary>
    Link,

    /// <summary>A signature or proof inside a record or beside it.</summary>
    Proof,

    /// <summary>The key was revoked.</summary>
    Revocation,

    /// <summary>Inclusion in the log and state of the streams map.</summary>
    Log,

    /// <summary>The commit of a block and the walk of configurations.</summary>
    Quorum,

    /// <summary>Transaction, Merkle branch, header, proof of work.</summary>
    Bitcoin,

    /// <summary>Age of the checkpoint, or a longer head.</summary>
    Freshness,
}

/// <summary>Why bytes were refused.</summary>
/// <param name="Reason">One clause for people, without the offset; never text that an attacker chose.</param>
/// <param name="Offset">Byte offset from the start of the record, where one byte is to blame.</param>
public sealed record Fault(Layer Layer, string Reason, int? Offset = null)
{
    public override string ToString() =>
        Offset is { } offset ? $"{Layer.Word()}: {Reason} (offset {offset})" : $"{Layer.Word()}: {Reason}";
}

public static class LayerWords
{
    /// <summary>The lower-case word that every surface shows.</summary>
    public static string Word(this Layer layer) => layer switch
    {
        Layer.Encoding => "encoding",
        Layer.Signature => "signature",
        Layer.Gap => "gap",
        Layer.Link => "link",
        Layer.Proof => "proof",
        Layer.Revocation => "revocation",
        Layer.Log => "log",
        Layer.Quorum => "quorum",
        Layer.Bitcoin => "bitcoin",
        Layer.Freshness => "freshness",
        _ => throw new ArgumentOutOfRangeException(nameof(layer), layer, "No such layer."),
    };
}
