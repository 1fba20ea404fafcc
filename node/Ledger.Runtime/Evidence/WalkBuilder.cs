using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Evidence;

/// <summary>
/// What a stranger needs to get from the genesis document's configuration to a later one: the blocks that changed the
/// voters, and no others, however often members were invited or parameters changed in between.
/// </summary>
internal static class WalkBuilder
{
    /// <param name="checkpoints">Headers whose configurations are to be shown, ascending.</param>
    public static ImmutableArray<WalkStep> To(ChainStore store, GenesisDocument genesis, IEnumerable<Header> checkpoints)
    {
        // Those before the chain began are of the one that it continues.
        Height began = genesis.Predecessor?.Height ?? Height.Zero;
        Queue<Header> changes = new(store.Changes().Where(height => height > began).Select(height => store.Header(height)!));
        ImmutableArray<WalkStep>.Builder walk = ImmutableArray.CreateBuilder<WalkStep>();
        Configuration shown = genesis.Configuration;
        foreach (Header checkpoint in checkpoints)
        {
            while (changes.TryPeek(out Header? change) && change.Height < checkpoint.Height)
            {
                changes.Dequeue();
                Configuration next = store.Configuration(change.Next);
                if (!store.Configuration(change.Validators).HasSameVoters(next))
                {
                    ShowSameVoters(change.Validators);
                    SettledBlock block = store.Block(change.Height)!;
                    walk.Add(new WalkStep(next.Encode(), change.Encode(), block.Commit.Encode()));
                    shown = next;
                }
            }

            ShowSameVoters(checkpoint.Validators);
        }

        return walk.ToImmutable();

        void ShowSameVoters(Digest configuration)
        {
            if (configuration != shown.Digest)
            {
                shown = store.Configuration(configuration);
                walk.Add(new WalkStep(shown.Encode()));
            }
        }
    }
}
