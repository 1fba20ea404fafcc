namespace Ledger.Crypto.Providers;

/// <summary>
/// Signatures of another kind in the place of ML-DSA's, of the same length, for simulations that could not afford real
/// ones. It judges the keys that it made itself and no others. The product holds none, and no setting reaches this: a
/// test that simulates puts one in, and another test fails where product code does.
/// </summary>
internal interface ISubstituteScheme
{
    /// <summary>Null in every product process.</summary>
    static ISubstituteScheme? InUse { get; set; }

    /// <summary>Whether the one in use, if any, made this key.</summary>
    static bool IsMadeBySubstitute(ReadOnlySpan<byte> publicKey) => InUse is { } scheme && scheme.Made(publicKey);

    bool Made(ReadOnlySpan<byte> publicKey);

    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
