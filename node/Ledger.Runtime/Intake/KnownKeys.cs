using Ledger.Core;
using Ledger.Crypto;

namespace Ledger.Runtime.Intake;

/// <summary>
/// Public keys of records that this node holds, expanded, so that the next record by the same key costs a third.
/// Bounded: keys live in two generations, and when the young one is full the old one goes. A key is known by its hash,
/// so an entry that was remembered long ago is never wrong. Thread-safe.
/// </summary>
/// <param name="find">Looks a raw key up where it is kept; null if this node has never met it.</param>
/// <param name="generationKeys">Keys in each of the two generations, 30 KB each.</param>
internal sealed class KnownKeys(Func<KeyId, byte[]?> find, int generationKeys = 512)
{
    private readonly Lock _gate = new();
    private Dictionary<KeyId, VerificationKey> _young = [];
    private Dictionary<KeyId, VerificationKey> _old = [];

    /// <summary>Keys held now: at most twice a generation.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _young.Count + _old.Count;
            }
        }
    }

    /// <summary>The key with this id, or null if it is not known here.</summary>
    public VerificationKey? Find(KeyId id)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(id, out VerificationKey? held))
            {
                return held;
            }

            if (_old.Remove(id, out held))
            {
                Keep(held);
                return held;
            }
        }

        // Outside the lock: reading and expanding take longer than everything else here together.
        if (find(id) is not { } raw)
        {
            return null;
        }

        VerificationKey key = new(raw);
        lock (_gate)
        {
            Keep(key);
        }

        return key;
    }

    private void Keep(VerificationKey key)
    {
        if (_young.Count >= generationKeys)
        {
            (_young, _old) = ([], _young);
        }

        _young[key.Id] = key;
    }
}
