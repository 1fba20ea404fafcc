using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>A member's signature under a change.</summary>
/// <param name="Key">Id of the governance key.</param>
/// <param name="Signature">ML-DSA-65 over <see cref="SignBytes.Governance"/>, 3,309 bytes.</param>
public readonly record struct ChangeApproval(KeyId Key, ReadOnlyMemory<byte> Signature);

/// <summary>
/// A change on its way to enough approvals: what members send each other, and hand to a node. Rules Q9 and Q10 of
/// <c>consensus/README.md</c>. Parsing checks the form; whose approvals they are, and whether they hold, is checked where
/// <c>Ledger.Crypto</c> and a configuration are at hand.
/// </summary>
/// <param name="At">Number of the last executed change + 1.</param>
/// <param name="ChangeBytes">The change as it is signed.</param>
/// <param name="Approvals">In ascending order of their keys, each once; at most <see cref="Limits.Validators"/>.</param>
public sealed record ProposalFile(
    ChainId Chain, ulong At, ConfigurationChange Change, ReadOnlyMemory<byte> ChangeBytes,
    ImmutableArray<ChangeApproval> Approvals)
{
    /// <summary>Bytes of a file.</summary>
    public const int BytesMax = 2 * Limits.ConfigurationBytes;

    /// <summary>What an approval signs.</summary>
    public byte[] SignedBytes => SignBytes.Governance(Chain, At, ChangeBytes.Span);

    /// <summary>A change that nobody has approved yet.</summary>
    public static ProposalFile Of(ChainId chain, ulong at, ConfigurationChange change) =>
        new(chain, at, change, change.Encode(), []);

    /// <summary>The same with one more approval; one by the same key is replaced.</summary>
    public ProposalFile With(ChangeApproval approval) => this with
    {
        Approvals = [.. Approvals.Where(known => known.Key != approval.Key).Append(approval).OrderBy(one => one.Key.Value)],
    };

    public byte[] Encode()
    {
        CborWriter writer = new(ChangeBytes.Length + (Approvals.Length * 3_400) + 128);
        writer.Map(5)
            .Text("v"u8).Unsigned(1)
            .Text("at"u8).Unsigned(At)
            .Text("chain"u8).Bytes(Chain.Value)
            .Text("change"u8).Raw(ChangeBytes.Span)
            .Text("approvals"u8).Array(Approvals.Length);
        foreach (ChangeApproval approval in Approvals)
        {
            writer.Map(2).Text("kid"u8).Bytes(approval.Key.Value).Text("sig"u8).Bytes(approval.Signature.Span);
        }

        return writer.ToArray();
    }

    /// <summary>The one door for these files. No byte string makes it throw.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ProposalFile file, out CborError error)
    {
        CborReader reader = new(bytes);
        ConfigurationChange change = null!;
        byte[] changeBytes = [];
        ulong at = 0;
        Digest chain = default;
        ImmutableArray<ChangeApproval>.Builder approvals = ImmutableArray.CreateBuilder<ChangeApproval>();
        bool read = (bytes.Length <= BytesMax || reader.Fail(CborFault.WrongLength, 0))
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadMember(ref map, "at"u8, out at)
            && reader.TryReadMember(ref map, "chain"u8, out chain)
            && reader.TryReadKey(ref map, "change"u8)
            && TryReadChange(ref reader, out change, out changeBytes)
            && reader.TryReadArrayMember(ref map, "approvals"u8, Limits.Validators, out int count)
            && TryReadApprovals(ref reader, count, approvals)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        file = read ? new ProposalFile(new ChainId(chain), at, change, changeBytes, approvals.ToImmutable()) : null!;
        return read;
    }

    private static bool TryReadChange(ref CborReader reader, out ConfigurationChange change, out byte[] bytes)
    {
        change = null!;
        bytes = [];
        int at = reader.Position;
        if (!reader.TryReadEncoded(out ReadOnlySpan<byte> encoded))
        {
            return false;
        }

        bytes = encoded.ToArray();
        return ConfigurationChange.TryParse(encoded, out change, out CborError error)
            || reader.Fail(error.Fault, at + error.Offset);
    }

    private static bool TryReadApprovals(
        ref CborReader reader, int count, ImmutableArray<ChangeApproval>.Builder approvals)
    {
        for (int i = 0; i < count; i++)
        {
            int at = reader.Position;
            bool read = reader.TryReadMap(out CborMapScope map)
                & reader.TryReadMember(ref map, "kid"u8, out Digest kid)
                & reader.TryReadMember(
                    ref map, "sig"u8, Limits.SignatureBytes, Limits.SignatureBytes, out byte[] signature)
                && reader.EndMap(map);
            if (!read || (i > 0 && approvals[i - 1].Key.Value.CompareTo(kid) >= 0 && !reader.Fail(CborFault.WrongValue, at)))
            {
                return false;
            }

            approvals.Add(new ChangeApproval(new KeyId(kid), signature));
        }

        return reader.EndArray();
    }
}
