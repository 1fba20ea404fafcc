using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Proofs.Disclosures;
using Ledger.Records;

namespace Ledger.Client;

/// <content>Handing out contents, one at a time.</content>
public sealed partial class Vault
{
    /// <summary>One content of one record with its salt, for someone who is to check it against the record.</summary>
    /// <param name="chainFile">Verified whole; holds the record.</param>
    /// <param name="member">Path into the record's body, such as <c>input[0]</c>.</param>
    /// <exception cref="ChainFileException">The chain is not sound, or does not hold the record.</exception>
    /// <exception cref="VaultException">
    /// The record commits to nothing there, the vault does not have it, or it is larger than 256 MiB.
    /// </exception>
    public Task<Disclosure> DiscloseAsync(
        string chainFile, RecordId record, string member, CancellationToken cancellation) => Task.Run(
            () =>
            {
                using ChainIndex chain = ChainIndex.Open(chainFile, Disk.Real, cancellation);
                Record found = Reconstruction.Demand(chain, chainFile, record);
                if (!CommittedMember.TryFind(found, member, out CommittedMember? committed))
                {
                    throw new VaultException(
                        $"Record {found.Seq} commits to nothing at {member}. It does at: "
                            + $"{string.Join(", ", CommittedMember.Of(found).Select(other => other.Path))}.");
                }

                return TryOpen(committed.Commitment.Hash, out byte[] salt, out byte[] content)
                    ? new Disclosure(salt, member, record, content)
                    : throw new VaultException(
                        $"The vault {Folder} does not open {member} of record {found.Seq}: it was erased, lost or "
                            + "damaged. \"ledger reconstruct\" says which.");
            },
            cancellation);

    /// <summary>Copies a content out, without its salt, in memory that does not grow with it.</summary>
    /// <exception cref="VaultException">The vault does not open it; what was written counts for nothing.</exception>
    public Task CopyAsync(Digest commitment, Stream destination, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return Task.Run(
            () =>
            {
                int salt = Commitment.SaltBytes;
                VaultFinding found = Read(commitment, piece =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    destination.Write(piece[salt..]);
                    salt = 0;
                });
                if (found != VaultFinding.Opens)
                {
                    throw new VaultException($"The vault {Folder} does not open {commitment}.");
                }
            },
            cancellation);
    }
}
