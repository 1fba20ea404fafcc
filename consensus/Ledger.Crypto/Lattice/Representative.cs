using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>μ, the 64 bytes that stand for key and message (FIPS 204 algorithms 2, 3 and 7).</summary>
internal static class Representative
{
    /// <summary>Most bytes before the message: tr, two bytes, and a context.</summary>
    public const int PrefixBytesMax = KeyHashBytes + 2 + MlDsa65.ContextBytesMax;

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

    /// <summary>Lays out what comes before the message, and leaves place for tr.</summary>
    /// <returns>As much of <paramref name="space"/> as it takes.</returns>
    public static Span<byte> LayOutPrefix(ReadOnlySpan<byte> context, Span<byte> space)
    {
        space[KeyHashBytes] = 0;
        space[KeyHashBytes + 1] = (byte)context.Length;
        context.CopyTo(space[(KeyHashBytes + 2)..]);
        return space[..(KeyHashBytes + 2 + context.Length)];
    }
}

/// <summary>
/// tr, the hash of a public key, and then μ of a message under it, block by block in one lane, while other lanes expand
/// the key: each is a chain of permutations that would else be waited for.
/// </summary>
internal ref struct RepresentativeLane
{
    private const int Rate = Sponge.Shake256Rate;

    private readonly ReadOnlySpan<byte> _publicKey;
    private readonly ReadOnlySpan<byte> _message;
    private readonly Span<byte> _prefix;
    private readonly Span<byte> _mu;
    private int _position;
    private bool _hasKeyHash;
    private bool _isDone;

    /// <summary>Only tr.</summary>
    public RepresentativeLane(ReadOnlySpan<byte> publicKey, Span<byte> keyHash)
    {
        _publicKey = publicKey;
        _prefix = keyHash;
    }

    /// <param name="prefix">From <see cref="Representative.LayOutPrefix"/>; tr is written to its beginning.</param>
    public RepresentativeLane(
        ReadOnlySpan<byte> publicKey, Span<byte> prefix, ReadOnlySpan<byte> message, Span<byte> mu)
    {
        _publicKey = publicKey;
        _prefix = prefix;
        _message = message;
        _mu = mu;
    }

    /// <summary>Whether all has been hashed; the default value has nothing to hash.</summary>
    public readonly bool IsDone => _isDone || _publicKey.IsEmpty;

    /// <summary>Takes one block, has <paramref name="states"/> permuted, and keeps what comes of the last.</summary>
    /// <param name="alone">Whether other lanes have no use for the permutation.</param>
    public void Advance(ref KeccakLanes states, int lane, bool alone)
    {
        bool last = _hasKeyHash
            ? states.AbsorbBlock(lane, Rate, Sponge.ShakeSuffix, ref _position, _prefix, _message)
            : states.AbsorbBlock(lane, Rate, Sponge.ShakeSuffix, ref _position, default, _publicKey);
        if (alone)
        {
            states.PermuteAlone(lane);
        }
        else
        {
            states.Permute(KeccakLanes.Width);
        }

        if (last)
        {
            states.Read(lane, _hasKeyHash ? _mu : _prefix[..KeyHashBytes]);
            states.Clear(lane);
            _position = 0;
            _isDone = _hasKeyHash || _mu.IsEmpty;
            _hasKeyHash = true;
        }
    }
}
