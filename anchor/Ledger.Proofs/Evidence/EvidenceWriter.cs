using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;

namespace Ledger.Proofs.Evidence;

/// <summary>Encodes evidence files: deterministic CBOR, members in canonical order.</summary>
public static class EvidenceWriter
{
    public static byte[] Encode(EvidenceFile file)
    {
        CborWriter writer = new(65_536);
        writer.Map(file.Chain is null ? 7 : 8)
            .Text("v"u8).Unsigned(1)
            .Text("keys"u8).Array(file.Keys.Length);
        foreach (ReadOnlyMemory<byte> key in file.Keys)
        {
            writer.Bytes(key.Span);
        }

        writer.Text("type"u8).Text("evidence"u8);
        if (file.Chain is { } chain)
        {
            writer.Text("chain"u8);
            WriteChain(writer, chain);
        }

        writer.Text("scope"u8).Text(file.Scope.Word())
            .Text("stream"u8).Bytes(file.Stream.Value)
            .Text("records"u8).Array(file.Records.Length);
        foreach (ReadOnlyMemory<byte> record in file.Records)
        {
            writer.Bytes(record.Span);
        }

        Digest checksum = Digest.Of(writer.WrittenSpan);
        return writer.Text("checksum"u8).Bytes(checksum).ToArray();
    }

    /// <summary>The word that stands in files and verdicts.</summary>
    public static string Word(this EvidenceScope scope) => scope switch
    {
        EvidenceScope.Record => "record",
        EvidenceScope.Range => "range",
        EvidenceScope.Stream => "stream",
        _ => throw new ArgumentOutOfRangeException(nameof(scope)),
    };

    private static void WriteChain(CborWriter writer, ChainEvidence chain)
    {
        writer.Map(chain.Walk.IsEmpty ? 4 : 5).Text("log"u8).Array(chain.Log.Length);
        foreach (LogInclusion inclusion in chain.Log)
        {
            writer.Array(3).Unsigned((ulong)inclusion.Checkpoint).Unsigned(inclusion.Index.Value);
            WriteDigests(writer, inclusion.Path);
        }

        writer.Text("head"u8).Map(3)
            .Text("path"u8).Bytes(chain.Head.Path.Span)
            .Text("state"u8).Bytes(chain.Head.State.Span)
            .Text("checkpoint"u8).Unsigned((ulong)chain.Head.Checkpoint);
        WriteWalk(writer, chain.Walk);
        writer.Text("genesis"u8).Bytes(chain.Genesis.Span)
            .Text("checkpoints"u8).Array(chain.Checkpoints.Length);
        foreach (Checkpoint checkpoint in chain.Checkpoints)
        {
            WriteCheckpoint(writer, checkpoint);
        }
    }

    private static void WriteWalk(CborWriter writer, ImmutableArray<WalkStep> walk)
    {
        if (walk.IsEmpty)
        {
            return;
        }

        writer.Text("walk"u8).Array(walk.Length);
        foreach (WalkStep step in walk)
        {
            writer.Map(step.Header.IsEmpty ? 1 : 3);
            if (!step.Header.IsEmpty)
            {
                writer.Text("commit"u8).Bytes(step.Commit.Span).Text("header"u8).Bytes(step.Header.Span);
            }

            writer.Text("configuration"u8).Bytes(step.Configuration.Span);
        }
    }

    private static void WriteCheckpoint(CborWriter writer, Checkpoint checkpoint)
    {
        bool hasNext = !checkpoint.Next.IsEmpty;
        writer.Map(3 + (hasNext ? 1 : 0) + (checkpoint.Bitcoin is null ? 0 : 1));
        if (hasNext)
        {
            writer.Text("next"u8).Bytes(checkpoint.Next.Span);
        }

        writer.Text("links"u8).Array(checkpoint.Links.Length);
        foreach (ReadOnlyMemory<byte> link in checkpoint.Links)
        {
            writer.Bytes(link.Span);
        }

        writer.Text("commit"u8).Bytes(checkpoint.Commit.Span).Text("header"u8).Bytes(checkpoint.Header.Span);
        if (checkpoint.Bitcoin is { } bitcoin)
        {
            writer.Text("bitcoin"u8).Map(6)
                .Text("tx"u8).Bytes(bitcoin.Tx.Span)
                .Text("index"u8).Unsigned(bitcoin.Index)
                .Text("branch"u8);
            WriteDigests(writer, bitcoin.Branch);
            writer.Text("header"u8).Bytes(bitcoin.Header.Span)
                .Text("height"u8).Unsigned(bitcoin.Height)
                .Text("network"u8).Text(bitcoin.Network);
        }
    }

    private static void WriteDigests(CborWriter writer, ImmutableArray<Digest> digests)
    {
        writer.Array(digests.Length);
        foreach (Digest digest in digests)
        {
            writer.Bytes(digest);
        }
    }
}
