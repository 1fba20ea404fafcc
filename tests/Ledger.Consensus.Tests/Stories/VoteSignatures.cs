using System.Security.Cryptography;
using Ledger.Core;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>
/// Stand-ins for signatures, over the product's sign-bytes: SHA-256 over a secret and the message, unforgeable within a
/// story.
/// </summary>
internal static class VoteSignatures
{
    public static KeyId KeyOf(int node) => new(Digest.Of([(byte)node]));

    public static byte[] Sign(int node, ReadOnlySpan<byte> message)
    {
        Span<byte> keyed = stackalloc byte[256];
        keyed[0] = (byte)node;
        message.CopyTo(keyed[1..]);
        return SHA256.HashData(keyed[..(message.Length + 1)]);
    }

    public static bool Verify(int node, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.SequenceEqual(Sign(node, message));
}
