using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Records;

/// <summary>One place in a record's body that commits to a content.</summary>
/// <param name="Path">
/// From the top of the body: <c>input[0]</c>, <c>context[2].commit</c>, <c>config.prompt</c>.
/// </param>
/// <param name="Commitment">Hash, and where the place gives them, media type and size.</param>
/// <param name="IsPart">
/// Whether it is the bare digest of a part of a model's state, whose salt serves all records that name this version.
/// </param>
public sealed record CommittedMember(string Path, Commitment Commitment, bool IsPart)
{
    /// <summary>Bytes of a path, which is ASCII.</summary>
    public const int PathBytesMax = 256;

    private static readonly ImmutableArray<string> ModelMembers = ["model", "about"];

    /// <summary>
    /// All of them, in the order in which they stand in the encoded body: every map of the form <c>commit</c> of the
    /// specification, wherever it stands, and the digests of parts in their places.
    /// </summary>
    public static ImmutableArray<CommittedMember> Of(Record record)
    {
        ImmutableArray<CommittedMember>.Builder found = ImmutableArray.CreateBuilder<CommittedMember>();
        Walk(record.DecodeBody(), "", found);
        return found.ToImmutable();
    }

    /// <summary>The one at a path; false if the body commits to nothing there.</summary>
    public static bool TryFind(Record record, string path, [NotNullWhen(true)] out CommittedMember? member)
    {
        foreach (CommittedMember candidate in Of(record))
        {
            if (candidate.Path == path)
            {
                member = candidate;
                return true;
            }
        }

        member = null;
        return false;
    }

    private static void Walk(CborValue value, string path, ImmutableArray<CommittedMember>.Builder found)
    {
        if (value is CborArray array)
        {
            for (int i = 0; i < array.Count; i++)
            {
                Walk(array[i], $"{path}[{i}]", found);
            }
        }
        else if (value is CborMap map)
        {
            if (IsCommitment(map))
            {
                found.Add(new CommittedMember(path, Commitment.From(map), IsPart: false));
                return;
            }

            foreach (CborMember member in map)
            {
                // A name that could be taken for a path within a path has none of its own.
                if (IsName(member.Key))
                {
                    Walk(member.Value, path.Length == 0 ? member.Key : $"{path}.{member.Key}", found);
                }
            }
        }
        else if (value is CborBytes { Memory.Length: Digest.Size } digest && IsPartPath(path))
        {
            found.Add(new CommittedMember(path, new Commitment(new Digest(digest.Span)), IsPart: true));
        }
    }

    private static bool IsCommitment(CborMap map) =>
        map.TryGet("alg", out CborValue? alg) && alg is CborText { Value: "sha-256" }
        && map.TryGet("hash", out CborValue? hash) && hash is CborBytes { Memory.Length: Digest.Size }
        && map.All(member => member.Key switch
        {
            "alg" or "hash" => true,
            "type" => member.Value is CborText,
            "size" => member.Value is CborInteger { Value: >= 0 },
            _ => false,
        });

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 64
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Where the specification has salted digests of parts; other digests of 32 bytes name other things.
    /// </summary>
    private static bool IsPartPath(string path)
    {
        int dot = path.IndexOf('.');
        if (dot < 0)
        {
            return false;
        }

        string top = path[..dot];
        string rest = path[(dot + 1)..];
        return top switch
        {
            "config" => rest is "prompt" or "sampling" or "filter" or "policy",
            "before" or "after" => !rest.Contains('.') && !rest.Contains('['),
            _ when ModelMembers.Contains(top) => rest == "weights"
                || (rest.StartsWith("adapters[", StringComparison.Ordinal) && !rest.Contains('.')),
            _ => top.StartsWith("context[", StringComparison.Ordinal) && rest == "part",
        };
    }
}
