using Ledger.Core.Hashing;

namespace Ledger.Crypto.Lattice;

/// <summary>μ, the 64 bytes that stand for key and message (FIPS 204 algorithms 2, 3 and 7).</summary>
internal static class Representative
{
    /// <summary>H(tr ‖ 0x00 ‖ |context| ‖ context ‖ message): pure mode.</summary>
    public static void Compute(
        ReadOnlySpan<byte> keyHash, ReadOnlySpan<byte> message, ReadOnlySpan<byte> context, Span<byte> mu)
    {
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(keyHash);
        sponge.Absorb([0, (byte)context.Length]);
        sponge.Absorb(context);
        sponge.Absorb(message);
        sponge.Squeeze(mu);
    }
}
