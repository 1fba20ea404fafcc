using System.Collections.Immutable;
using Ledger.Client.Files;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;

namespace Ledger.Client;

/// <summary>What came of re-computing one commitment.</summary>
public enum MemberFinding
{
    /// <summary>Salt and content in the vault make exactly this commitment.</summary>
    Matches,

    /// <summary>The vault has nothing under it.</summary>
    Missing,

    /// <summary>The vault had it, and what is left is not what was kept.</summary>
    Damaged,

    /// <summary>The content makes the hash, and the record gives it another size.</summary>
    WrongSize,

    /// <summary>An erasure record names it, and the vault has nothing under it.</summary>
    Erased,

    /// <summary>An erasure record names it, and the vault opens it all the same: a copy came back.</summary>
    NotErased,
}

/// <summary>One commitment, re-computed.</summary>
/// <param name="Member">Path into the record's body.</param>
/// <param name="Bytes">Of the content, where it opens.</param>
/// <param name="Type">Media type that the record gives.</param>
public sealed record ReconstructedMember(
    RecordId Record,
    Sequence Seq,
    RecordKind Kind,
    string Member,
    Digest Hash,
    MemberFinding Finding,
    ulong? Bytes,
    string? Type);

/// <summary>
/// One decision opened again: every commitment of an intent, of the outcome that answers it, of what was retrieved for
/// it, and of the model state that it names, re-computed from the vault.
/// </summary>
/// <param name="Notes">What is not there to be re-computed: no outcome, no model state.</param>
public sealed record Reconstruction(
    StreamId Stream, ImmutableArray<ReconstructedMember> Members, ImmutableArray<string> Notes)
{
    /// <summary>Whether all the commitments were re-computed.</summary>
    public bool IsComplete => Members.All(member => member.Finding == MemberFinding.Matches);

    /// <param name="chainFile">Verified whole.</param>
    /// <param name="id">Of an intent or of its outcome; of any other record, that one alone.</param>
    /// <exception cref="ChainFileException">The chain is not sound, or does not hold the record.</exception>
    /// <exception cref="VaultException">The vault cannot be opened.</exception>
    public static Task<Reconstruction> RunAsync(
        string chainFile, Vault vault, RecordId id, CancellationToken cancellation) => Task.Run(
            () =>
            {
                using ChainIndex chain = ChainIndex.Open(chainFile, Disk.Real, cancellation);
                return Of(chain, chainFile, vault, id, cancellation);
            },
            cancellation);

    internal static Reconstruction Of(
        ChainIndex chain, string chainFile, Vault vault, RecordId id, CancellationToken cancellation)
    {
        List<string> notes = [];
        List<Record> records = Decision(chain, Demand(chain, chainFile, id), notes);
        HashSet<(RecordId, string)> erased = [.. chain.Erasures.SelectMany(Erasure.NamedBy)];
        List<ReconstructedMember> members = [];
        foreach (Record record in records)
        {
            foreach (CommittedMember member in CommittedMember.Of(record))
            {
                cancellation.ThrowIfCancellationRequested();
                if (record.Kind != RecordKind.Model || !member.Path.StartsWith("before.", StringComparison.Ordinal))
                {
                    members.Add(Check(vault, record, member, erased.Contains((record.Id, member.Path))));
                }
            }
        }

        return new Reconstruction(chain.Stream, [.. members], [.. notes]);
    }

    internal static Record Demand(ChainIndex chain, string chainFile, RecordId id) => chain.Find(id)
        ?? throw new ChainFileException(
            ChainFileError.Missing, $"{chainFile} holds no record {id}. Give the chain file of its stream.");

    private static List<Record> Decision(ChainIndex chain, Record asked, List<string> notes)
    {
        if (asked.Kind is not (RecordKind.Intent or RecordKind.Outcome))
        {
            return [asked];
        }

        Record? intent = asked.Kind == RecordKind.Intent ? asked : chain.Find(IdIn(asked.DecodeBody(), "intent"));
        Record? outcome = asked.Kind == RecordKind.Outcome ? asked : chain.OutcomeOf(asked.Id);
        List<Record> records = [];
        if (intent is null)
        {
            notes.Add("The chain holds no intent that this outcome answers.");
        }
        else
        {
            CborMap model = (CborMap)intent.DecodeBody()["model"];
            records.Add(intent);
            if (!model.TryGet("state", out _))
            {
                notes.Add("The intent names no model record, so no attested state is pinned.");
            }
            else if (chain.Find(IdIn(model, "state")) is { } state)
            {
                records.Insert(0, state);
            }
            else
            {
                notes.Add($"The chain does not hold the model record that the intent names, {IdIn(model, "state")}.");
            }
        }

        if (outcome is null)
        {
            notes.Add("No outcome answers the intent.");
        }
        else
        {
            records.Add(outcome);
        }

        return records;
    }

    private static ReconstructedMember Check(Vault vault, Record record, CommittedMember member, bool erased)
    {
        VaultFinding found = vault.Check(member.Commitment.Hash, out ulong bytes);
        MemberFinding finding = found switch
        {
            VaultFinding.Missing => erased ? MemberFinding.Erased : MemberFinding.Missing,
            _ when erased => MemberFinding.NotErased,
            VaultFinding.Damaged => MemberFinding.Damaged,
            _ => member.Commitment.Size is { } size && size != bytes ? MemberFinding.WrongSize : MemberFinding.Matches,
        };
        return new ReconstructedMember(
            record.Id, record.Seq, record.Kind, member.Path, member.Commitment.Hash, finding,
            found == VaultFinding.Opens ? bytes : null, member.Commitment.Type);
    }

    private static RecordId IdIn(CborMap map, string member) => new(((CborBytes)map[member]).Span);
}

/// <summary>The words that every surface shows.</summary>
public static class MemberFindings
{
    public static string Word(this MemberFinding finding) => finding switch
    {
        MemberFinding.Matches => "matches",
        MemberFinding.Missing => "missing",
        MemberFinding.Damaged => "damaged",
        MemberFinding.WrongSize => "wrong size",
        MemberFinding.Erased => "erased",
        MemberFinding.NotErased => "not erased",
        _ => throw new ArgumentOutOfRangeException(nameof(finding)),
    };
}
