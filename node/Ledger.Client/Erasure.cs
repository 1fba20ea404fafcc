using System.Collections.Immutable;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>What is to be erased, and why.</summary>
/// <param name="Members">
/// Paths into the record's body; none for every content that it commits to, without the parts of the model's state,
/// which other records share.
/// </param>
/// <param name="Reason">Readable by all.</param>
/// <param name="Authority">On whose demand, as the operator calls it: a pseudonym takes its place.</param>
public sealed record ErasureRequest(
    RecordId Record, ImmutableArray<string> Members, string Reason, string? Authority = null);

/// <summary>Erasing was refused, and nothing was destroyed; the message says why.</summary>
public sealed class ErasureRefusedException(string message) : Exception(message);

/// <summary>
/// Destroys salt and content of commitments and says so in the chain. What is to be destroyed is written down first
/// (<c>erasing</c> in the vault), then destroyed, then sealed: so no record ever says what is not so, and whatever a
/// crash interrupts is finished by <see cref="ResumeAsync"/> at the next start.
/// </summary>
public static class Erasure
{
    /// <summary>Largest body of an erasure record, so that it surely fits into a record.</summary>
    private const int BodyBytesMax = 50_000;

    /// <summary>What was not finished for so long never will be.</summary>
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    /// <summary>Erases. On the disk, and sealed, when this returns.</summary>
    /// <param name="sealer">Of the stream: nobody else may be sealing to it.</param>
    /// <returns>The erasure record.</returns>
    /// <exception cref="ErasureRefusedException">A hold, the retention limit, or nothing to erase.</exception>
    /// <exception cref="VaultException">The disk refused; run it again, or <see cref="ResumeAsync"/>.</exception>
    /// <exception cref="ChainFileException">The contents are destroyed and the record is not sealed; finish it.
    /// </exception>
    public static async Task<Record> RunAsync(
        StreamSealer sealer, Vault vault, ErasureRequest request, CancellationToken cancellation) =>
        await RunAsync(sealer, vault, request, TimeProvider.System, cancellation).ConfigureAwait(false);

    /// <summary>
    /// Finishes an erasure that a crash interrupted: for every start of a stream, since it costs nothing where there is
    /// none.
    /// </summary>
    /// <returns>The record that was still to be sealed, or null.</returns>
    /// <exception cref="VaultException">The disk refused; run it again.</exception>
    public static async Task<Record?> ResumeAsync(
        StreamSealer sealer, Vault vault, CancellationToken cancellation)
    {
        if (vault.ReadErasing() is not { } body)
        {
            return null;
        }

        HashSet<Digest> planned;
        bool isSealed;
        using (ChainIndex chain = ChainIndex.Open(sealer.ChainFile, Disk.Real, cancellation))
        {
            planned = [.. NamedBy(body).SelectMany(named => DigestsAt(chain, named))];
            isSealed = chain.Erasures.Any(erasure => erasure.Body.Span.SequenceEqual(body.Encode()));
        }

        vault.Destroy(planned);
        Record? record = isSealed ? null : await SealAsync(sealer, body).ConfigureAwait(false);
        vault.EndErasing();
        return record;
    }

    /// <summary>
    /// As <see cref="ResumeAsync"/>; and destroys again whatever an erasure record of the chain names and the vault
    /// opens all the same, as after a restore from an older copy; and clears away what writers that died left.
    /// </summary>
    /// <returns>The record that was still to be sealed, or null; and how many contents were destroyed again.</returns>
    /// <exception cref="VaultException">The disk refused; run it again.</exception>
    public static async Task<(Record? Sealed, int Again)> FinishAsync(
        StreamSealer sealer, Vault vault, CancellationToken cancellation)
    {
        vault.DeleteLeftovers(DateTimeOffset.UtcNow - LeftoverAge);
        Record? record = await ResumeAsync(sealer, vault, cancellation).ConfigureAwait(false);
        using ChainIndex chain = ChainIndex.Open(sealer.ChainFile, Disk.Real, cancellation);
        HashSet<Digest> back =
        [
            .. chain.Erasures.SelectMany(NamedBy).SelectMany(named => DigestsAt(chain, named))
                .Where(digest => vault.Check(digest, out _) != VaultFinding.Missing),
        ];
        vault.Destroy(back);
        return (record, back.Count);
    }

    internal static async Task<Record> RunAsync(
        StreamSealer sealer, Vault vault, ErasureRequest request, TimeProvider clock, CancellationToken cancellation)
    {
        await ResumeAsync(sealer, vault, cancellation).ConfigureAwait(false);
        (CborMap body, HashSet<Digest> doomed) = await Task.Run(
            () => PlanAsync(sealer, vault, request, clock.GetUtcNow(), cancellation), cancellation)
            .ConfigureAwait(false);
        vault.BeginErasing(body);
        vault.Destroy(doomed);
        Record record = await SealAsync(sealer, body).ConfigureAwait(false);
        vault.EndErasing();
        return record;
    }

    /// <summary>What an erasure record names: a record and a path in its body, each.</summary>
    internal static IEnumerable<(RecordId Record, string Member)> NamedBy(Record erasure) =>
        NamedBy(erasure.DecodeBody());

    private static IEnumerable<(RecordId Record, string Member)> NamedBy(CborMap body) =>
        from contents in (CborArray)body["erased"]
        from member in (CborArray)((CborMap)contents)["members"]
        select (new RecordId(((CborBytes)((CborMap)contents)["record"]).Span), ((CborText)member).Value);

    private static async Task<(CborMap Body, HashSet<Digest> Doomed)> PlanAsync(
        StreamSealer sealer, Vault vault, ErasureRequest request, DateTimeOffset now, CancellationToken cancellation)
    {
        using ChainIndex chain = ChainIndex.Open(sealer.ChainFile, Disk.Real, cancellation);
        Record record = Reconstruction.Demand(chain, sealer.ChainFile, request.Record);
        ImmutableArray<CommittedMember> members = Chosen(record, request.Members);
        RefuseWhatIsGone(chain, vault, record, members);
        HashSet<Digest> doomed = [.. members.Select(member => member.Commitment.Hash)];
        IReadOnlyList<ErasedContents> erased = members.Any(member => member.IsPart)
            ? WhoShares(chain, doomed, cancellation)
            : [new ErasedContents(record.Id, [.. members.Select(member => member.Path)])];
        Retention retention = new(chain);
        foreach (ErasedContents contents in erased)
        {
            if (retention.FindObstacle(chain.Find(contents.Record)!, now) is { } obstacle)
            {
                throw new ErasureRefusedException(obstacle);
            }
        }

        CborMap body = Body.Erasure(
            [.. erased],
            request.Reason,
            request.Authority is { Length: > 0 } authority
                ? await vault.PseudonymAsync(authority).ConfigureAwait(false)
                : null,
            new UnixTime((ulong)now.ToUnixTimeMilliseconds()));
        return body.Encode().Length <= BodyBytesMax
            ? (body, doomed)
            : throw new ErasureRefusedException(
                $"{erased.Count} records share this part of the model's state, more than one erasure record can name.");
    }

    private static ImmutableArray<CommittedMember> Chosen(Record record, ImmutableArray<string> paths)
    {
        ImmutableArray<CommittedMember> all = CommittedMember.Of(record);
        if (paths.IsDefaultOrEmpty)
        {
            ImmutableArray<CommittedMember> contents = [.. all.Where(member => !member.IsPart)];
            return contents.Length > 0
                ? contents
                : throw new ErasureRefusedException($"Record {record.Seq} commits to no content of its own.");
        }

        return
        [
            .. paths.Distinct().Select(path => all.FirstOrDefault(member => member.Path == path)
                ?? throw new ErasureRefusedException(
                    $"Record {record.Seq} commits to nothing at {path}. It does at: "
                        + $"{string.Join(", ", all.Select(member => member.Path))}.")),
        ];
    }

    private static void RefuseWhatIsGone(
        ChainIndex chain, Vault vault, Record record, ImmutableArray<CommittedMember> members)
    {
        foreach (CommittedMember member in members)
        {
            if (vault.Check(member.Commitment.Hash, out _) != VaultFinding.Missing)
            {
                continue;
            }

            Record? earlier = chain.Erasures.FirstOrDefault(
                erasure => NamedBy(erasure).Contains((record.Id, member.Path)));
            throw new ErasureRefusedException(earlier is null
                ? $"The vault has nothing under {member.Path} of record {record.Seq}: there is nothing to erase."
                : $"{member.Path} of record {record.Seq} was erased already; record {earlier.Seq} says so.");
        }
    }

    /// <summary>Every place in the chain that names one of the contents.</summary>
    private static List<ErasedContents> WhoShares(
        ChainIndex chain, HashSet<Digest> doomed, CancellationToken cancellation)
    {
        List<ErasedContents> found = [];
        foreach (RecordId id in chain.Ids)
        {
            cancellation.ThrowIfCancellationRequested();
            ImmutableArray<string> paths =
            [
                .. CommittedMember.Of(chain.Find(id)!)
                    .Where(member => doomed.Contains(member.Commitment.Hash)).Select(member => member.Path),
            ];
            if (paths.Length > 0)
            {
                found.Add(new ErasedContents(id, paths));
            }
        }

        return found;
    }

    private static IEnumerable<Digest> DigestsAt(ChainIndex chain, (RecordId Record, string Member) named) =>
        chain.Find(named.Record) is { } record
            && CommittedMember.TryFind(record, named.Member, out CommittedMember? member)
            ? [member.Commitment.Hash]
            : [];

    /// <summary>Not cancelled by anyone: what is destroyed is said.</summary>
    private static Task<Record> SealAsync(StreamSealer sealer, CborMap body) =>
        sealer.SealAsync(RecordKind.Erasure, body, "erasure", causes: null, default);
}
