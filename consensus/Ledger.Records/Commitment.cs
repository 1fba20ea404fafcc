using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records;

/// <summary>
/// What a record says of a content: <c>SHA-256(salt32 ‖ content)</c>, and if wanted its media type and size. Salt and
/// content stay with the operator; without the salt the commitment cannot be tied to the content.
/// </summary>
/// <param name="Size">Bytes of the content.</param>
public readonly record struct Commitment(Digest Hash, string? Type = null, ulong? Size = null)
{
    /// <summary>
    /// Bytes of a salt. Random, one per commitment; one per version for the parts of a model's state.
    /// </summary>
    public const int SaltBytes = 32;

    /// <param name="salt">Exactly 32 bytes.</param>
    public static Digest Of(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> content)
    {
        if (salt.Length != SaltBytes)
        {
            throw new ArgumentException($"A salt has {SaltBytes} bytes, not {salt.Length}.", nameof(salt));
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(salt);
        hash.AppendData(content);
        return new Digest(hash.GetHashAndReset());
    }

    /// <summary>Whether this salt and content are the ones committed to.</summary>
    public bool Opens(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> content) =>
        salt.Length == SaltBytes
        && (Size is not { } size || size == (ulong)content.Length)
        && Of(salt, content) == Hash;

    /// <summary>As it stands in a body: <c>{ "alg": "sha-256", "hash": …, ? "type", ? "size" }</c>.</summary>
    public CborMap ToCbor() => CborMap.Of(
        ("alg", "sha-256"),
        ("hash", Hash),
        ("type", Type is null ? null : new CborText(Type)),
        ("size", Size is { } size ? CborInteger.Of(checked((long)size)) : null));

    /// <summary>Reads a commitment of a body whose form was checked.</summary>
    public static Commitment From(CborMap map) => new(
        new Digest(((CborBytes)map["hash"]).Span),
        map.TryGet("type", out CborValue? type) ? ((CborText)type).Value : null,
        map.TryGet("size", out CborValue? size) ? (ulong)((CborInteger)size).Value : null);
}
