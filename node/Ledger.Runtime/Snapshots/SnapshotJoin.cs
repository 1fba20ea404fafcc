using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Checks;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// A snapshot on its way: chosen, and fetched piece by piece, each checked before it is kept. What is kept is durable, so
/// that a join that was interrupted goes on where it was. Owned by the node's loop.
/// </summary>
internal sealed class SnapshotJoin : ISnapshotPart
{
    private readonly ImmutableArray<ISnapshotPart> _parts;

    private SnapshotJoin(ChainStore store, SnapshotOffer offer, Configuration next, SnapshotRules rules)
    {
        Offer = offer;
        Header above = store.Header(store.HeldFrom) is { } held && held.Height <= offer.Height ? held : offer.Next;
        PastPart past = new(store, above, rules, IsOfTail, offer.Next.Validators, offer.Next.Next);
        _parts = [past, new LogPart(store, offer.Block, rules), new MapPart(store, offer.Block.Streams, rules)];

        bool IsOfTail(Header block) => SnapshotTail.Holds(block, offer, next, rules);
    }

    public SnapshotOffer Offer { get; }

    public bool IsComplete => _parts.All(part => part.IsComplete);

    /// <summary>
    /// The join that an offer and the walk to it begin, if the walk leads from the genesis document to the validators
    /// that settled what is offered; else null, and one clause.
    /// </summary>
    public static SnapshotJoin? TryBegin(
        ChainStore store, GenesisDocument genesis, SnapshotOffer offer, ImmutableArray<SnapshotWalk> steps,
        SnapshotRules rules, StoreBatch batch, out string fault)
    {
        if (TryFind(genesis, offer, steps, rules, out fault) is not { } next)
        {
            return null;
        }

        ChainStore.PutJoining(batch, Encode(offer, steps));
        ChainStore.PutHeldFrom(batch, offer.Height.Next);
        foreach (SnapshotWalk step in steps)
        {
            batch.Put(Table.Configurations, step.Configuration.Digest.Span, step.Configuration.Encode());
            if (step.Block is { Header: var header } block)
            {
                batch.Put(Table.Blocks, StoreKeys.Of(header.Height), block.Encode())
                    .Put(Table.BlockHeights, header.Id.Value.Span, StoreKeys.Of(header.Height));
                ChainStore.PutChange(batch, header);
            }
        }

        return new SnapshotJoin(store, offer, next, rules);
    }

    /// <summary>The join that an earlier life began; null where there is none.</summary>
    public static SnapshotJoin? TryResume(ChainStore store, GenesisDocument genesis, SnapshotRules rules)
    {
        if (store.Joining is not { } bytes)
        {
            return null;
        }

        CborReader reader = new(bytes);
        if (!reader.TryReadArray(2)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> encoded)
            || !SnapshotOffer.TryParse(encoded, genesis.Bitcoin, out SnapshotOffer offer)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> list)
            || !PeerCodec.TryReadList(list, SnapshotWalk.StepsMax, out ImmutableArray<ReadOnlyMemory<byte>> items)
            || SnapshotWalk.TryParseAll(items) is not { } steps
            || TryFind(genesis, offer, steps, rules, out _) is not { } next)
        {
            throw new StoreCorruptException(
                "The snapshot that this node was joining by cannot be read. Empty the node's store and join again.");
        }

        return new SnapshotJoin(store, offer, next, rules);
    }

    public SnapshotQuestion? Next()
    {
        foreach (ISnapshotPart part in _parts)
        {
            if (part.Next() is { } question)
            {
                return question;
            }
        }

        return null;
    }

    public void Again(SnapshotQuestion question) => PartOf(question).Again(question);

    public string? Take(SnapshotQuestion question, ReadOnlyMemory<byte> answer, StoreBatch batch) =>
        PartOf(question).Take(question, answer, batch);

    private ISnapshotPart PartOf(SnapshotQuestion question) => question switch
    {
        SnapshotQuestion.Tiles => _parts[1],
        SnapshotQuestion.Nodes => _parts[2],
        _ => _parts[0],
    };

    /// <summary>The configuration in force at the next height.</summary>
    private static Configuration? TryFind(
        GenesisDocument genesis, SnapshotOffer offer, ImmutableArray<SnapshotWalk> steps, SnapshotRules rules,
        out string fault)
    {
        ConfigurationWalk? walk = ConfigurationWalk.TryTake(genesis, [.. steps.Select(step => step.ToStep())], out fault);
        Configuration? next = steps.Select(step => step.Configuration).Prepend(genesis.Configuration)
            .LastOrDefault(configuration => configuration.Digest == offer.Next.Validators);
        if (walk is null || next is null)
        {
            fault = walk is null ? fault : "the walk does not lead to the configuration of the offered block";
            return null;
        }

        fault = rules.Offer(offer.FindFault(genesis, walk)) ?? "";
        return fault.Length == 0 ? next : null;
    }

    private static byte[] Encode(SnapshotOffer offer, ImmutableArray<SnapshotWalk> steps)
    {
        CborWriter list = new(4_096);
        list.Array(steps.Length);
        foreach (SnapshotWalk step in steps)
        {
            list.Bytes(step.Encode());
        }

        return new CborWriter(list.Length + 8_192).Array(2).Bytes(offer.Encode()).Bytes(list.WrittenSpan).ToArray();
    }
}
