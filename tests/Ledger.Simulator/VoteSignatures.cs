using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Crypto;

namespace Ledger.Simulator;

/// <summary>
/// Who signs votes and proposals. What is signed are the product's sign-bytes in either case; only the scheme differs.
/// </summary>
internal abstract class VoteSignatures
{
    /// <summary>As many as the largest simulated network needs.</summary>
    public const int KeysMax = 10;

    /// <summary>SHA-256 over a secret and the message: unforgeable within the simulation, and quick.</summary>
    public static VoteSignatures StandIn { get; } = new KeyedHashes();

    /// <summary>The product's ML-DSA-65, deterministic.</summary>
    public static VoteSignatures Real => RealOnes.Value;

    private static readonly Lazy<VoteSignatures> RealOnes = new(() => new MlDsaSignatures());

    public abstract KeyId KeyOf(int node);

    /// <summary>Null for stand-ins, which have none.</summary>
    public virtual ReadOnlyMemory<byte>? PublicKeyOf(int node) => null;

    public abstract byte[] Sign(int node, ReadOnlySpan<byte> message);

    public abstract bool Verify(int node, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);

    private sealed class KeyedHashes : VoteSignatures
    {
        private readonly KeyId[] _keys =
            [.. Enumerable.Range(0, KeysMax).Select(node => new KeyId(Digest.Of([(byte)node])))];

        public override KeyId KeyOf(int node) => _keys[node];

        public override byte[] Sign(int node, ReadOnlySpan<byte> message)
        {
            byte[] signature = new byte[Digest.Size];
            Hash(node, message, signature);
            return signature;
        }

        public override bool Verify(int node, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
        {
            Span<byte> expected = stackalloc byte[Digest.Size];
            Hash(node, message, expected);
            return expected.SequenceEqual(signature);
        }

        private static void Hash(int node, ReadOnlySpan<byte> message, Span<byte> hash)
        {
            Span<byte> keyed = stackalloc byte[256];
            keyed[0] = (byte)node;
            message.CopyTo(keyed[1..]);
            SHA256.HashData(keyed[..(message.Length + 1)], hash);
        }
    }

    private sealed class MlDsaSignatures : VoteSignatures
    {
        private static readonly byte[] Deterministic = new byte[MlDsa65.RandomizerBytes];
        private readonly SigningKey[] _keys =
            [.. Enumerable.Range(0, KeysMax).Select(node => SigningKey.FromSeed(Digest.Of([(byte)node]).Span))];
        private readonly VerificationKey[] _public;

        public MlDsaSignatures() => _public = [.. _keys.Select(key => new VerificationKey(key.PublicKey.Span))];

        public override KeyId KeyOf(int node) => _keys[node].Id;

        public override ReadOnlyMemory<byte>? PublicKeyOf(int node) => _keys[node].PublicKey;

        public override byte[] Sign(int node, ReadOnlySpan<byte> message) => _keys[node].Sign(message, Deterministic);

        public override bool Verify(int node, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
            _public[node].Verify(message, default, signature);
    }
}
