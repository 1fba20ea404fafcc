using System.Diagnostics.CodeAnalysis;
using Ledger.Core;

namespace Ledger.Records.Streams;

/// <summary>
/// Two records with one stream, number and predecessor, both sound where they stand and both by one key, that say
/// different things: that key signed two histories (rule S15). The place where two histories part is such a pair; what
/// follows it on either side adds nothing.
/// </summary>
public sealed record ForkProof
{
    private ForkProof(Record first, Record second)
    {
        First = first;
        Second = second;
    }

    /// <summary>Fork proofs kept per stream.</summary>
    public const int PerStreamMax = 16;

    public StreamId Stream => First.Stream;

    public Sequence Seq => First.Seq;

    /// <summary>The key that signed both.</summary>
    public KeyId Kid => First.Kid;

    /// <summary>The one whose id is smaller, so that both finders make the same proof.</summary>
    public Record First { get; }

    public Record Second { get; }

    /// <param name="before">The state that both records follow; null for two genesis records.</param>
    /// <param name="fault">Why the two are no fork.</param>
    public static bool TryProve(
        StreamState? before,
        VerifiedRecord one,
        VerifiedRecord other,
        [NotNullWhen(true)] out ForkProof? proof,
        [NotNullWhen(false)] out Fault? fault)
    {
        proof = null;
        fault = Judge(before, one) ?? Judge(before, other);
        if (fault is not null)
        {
            return false;
        }

        if (one.Record.Stream != other.Record.Stream || one.Record.Kid != other.Record.Kid)
        {
            fault = new Fault(Layer.Link, "no one key signed both records");
            return false;
        }

        if (one.Record.HasSameContent(other.Record))
        {
            fault = new Fault(Layer.Link, "both records say the same: one record sealed twice");
            return false;
        }

        bool ordered = one.Record.Id < other.Record.Id;
        proof = ordered ? new ForkProof(one.Record, other.Record) : new ForkProof(other.Record, one.Record);
        return true;
    }

    private static Fault? Judge(StreamState? before, VerifiedRecord record) =>
        StreamRules.Judge(before, record.Record, record.ProofHolds, GenesisTerms.None);
}
