namespace Ledger.Crypto.Providers;

/// <summary>
/// The seam between a key and the code that signs with it: ML-DSA-65, pure, empty context. Several threads may sign at
/// the same time. Disposing wipes the secret.
/// </summary>
internal interface ISigner : IDisposable
{
    /// <param name="randomizer">32 bytes; zeros ask for the deterministic signature.</param>
    /// <param name="signature">3,309 bytes, written.</param>
    void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer, Span<byte> signature);
}
