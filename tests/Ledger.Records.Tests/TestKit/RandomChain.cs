using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records.Bodies;

namespace Ledger.Records.Tests.TestKit;

/// <summary>What the tests know of a revocation in a random chain.</summary>
internal sealed record KnownRevocation(int Index, KeyId Kid, ulong Since, bool Heirs);

/// <summary>
/// A chain of random moves that the stream rules let pass, revoked keys signing on included, together with everything
/// that is needed to say from the definition which records are revoked.
/// </summary>
internal sealed class RandomChain
{
    private readonly List<string> _owners = ["alice"];

    public RandomChain(int seed, int length)
    {
        Random random = new(seed);
        HasRecovery = random.Next(4) > 0;
        Chain = new ChainBuilder(recovery: HasRecovery ? "cold" : null).Genesis();
        while (Chain.Records.Count < length)
        {
            Move(random);
        }
    }

    public bool HasRecovery { get; }

    public ChainBuilder Chain { get; }

    public List<KnownRevocation> Revocations { get; } = [];

    /// <summary>Records that put a key in force: which, and which key.</summary>
    public SortedDictionary<int, KeyId> KeyRecords { get; } = [];

    private int Next => Chain.Records.Count;

    private void Move(Random random)
    {
        bool byRecovery = HasRecovery && random.Next(2) == 0;
        switch (random.Next(7))
        {
            case 0 or 1:
                string owner = $"key {_owners.Count}";
                KeyRecords[Next] = Keys.Of(owner).Id;
                Chain.Rotate(owner, byRecovery);
                _owners.Add(owner);
                break;
            case 2 or 3:
                Revoke(random, byRecovery);
                break;
            default:
                Chain.Add(RecordKind.Oversight, Body.Oversight("p", "seen"));
                break;
        }
    }

    private void Revoke(Random random, bool byRecovery)
    {
        int owner = random.Next(_owners.Count);
        ulong since = (ulong)random.Next(Next + 1);
        if (HasRecovery && !byRecovery)
        {
            // The key in force condemns nothing that stands already: from its successor's first record on, or from now.
            since = owner + 1 < _owners.Count
                ? (ulong)random.Next(KeyRecords.Keys.ElementAt(owner) + 1, Next + 1)
                : (ulong)Next;
        }

        bool heirs = random.Next(2) == 0;
        KeyId kid = Keys.Of(_owners[owner]).Id;
        Revocations.Add(new KnownRevocation(Next, kid, since, heirs));
        Chain.Revoke(_owners[owner], since, heirs, byRecovery);
    }
}

/// <summary>Numbers of the revoked records, and from which number on each revoked key is.</summary>
internal sealed record RevokedSet(SortedSet<int> Records, SortedDictionary<KeyId, ulong> Keys)
{
    public int? First => Records.Count == 0 ? null : Records.Min;

    public bool SameAs(RevokedSet other) => Records.SetEquals(other.Records) && Keys.SequenceEqual(other.Keys);
}

/// <summary>
/// Which records and keys are revoked, from the definition, with the whole chain at hand and no thought for memory or
/// speed. Each switch takes one clause of the definition away.
/// </summary>
internal sealed record RevocationOracle(
    bool WithoutHeirs = false, bool WithoutOwnRecord = false, bool HeirsOfRecovery = false, bool LargestSince = false)
{
    public RevokedSet Of(RandomChain chain)
    {
        RevokedSet revoked = new([], []);
        IEnumerable<KnownRevocation> counted = LargestSince
            ? chain.Revocations.GroupBy(one => one.Kid).Select(same => same.MaxBy(one => one.Since)!)
            : chain.Revocations;
        foreach (KnownRevocation revocation in counted)
        {
            // Keys that this revocation reaches, and since when; heirs are added as revoked key records are found.
            Queue<(KeyId Kid, ulong Since)> reached = new([(revocation.Kid, revocation.Since)]);
            while (reached.TryDequeue(out (KeyId Kid, ulong Since) one))
            {
                revoked.Keys[one.Kid] = Math.Min(one.Since, revoked.Keys.GetValueOrDefault(one.Kid, ulong.MaxValue));
                Condemn(chain, revocation, one.Kid, (int)one.Since, revoked, reached);
            }
        }

        return revoked;
    }

    private void Condemn(
        RandomChain chain,
        KnownRevocation revocation,
        KeyId kid,
        int since,
        RevokedSet revoked,
        Queue<(KeyId Kid, ulong Since)> reached)
    {
        IReadOnlyList<Record> records = chain.Chain.Records;
        for (int i = since; i < records.Count; i++)
        {
            bool byKey = records[i].Kid == kid;
            if (byKey && (i != revocation.Index || WithoutOwnRecord))
            {
                revoked.Records.Add(i);
            }

            // Heirs are those whose key record stood in the chain when the revocation was written: nodes refuse later
            // ones.
            bool isHeir = byKey || (HeirsOfRecovery && records[i].Kid == chain.Chain.Recovery?.Id);
            if (isHeir && revocation.Heirs && !WithoutHeirs && i < revocation.Index
                && chain.KeyRecords.TryGetValue(i, out KeyId heir))
            {
                reached.Enqueue((heir, (ulong)i + 1));
            }
        }
    }
}
