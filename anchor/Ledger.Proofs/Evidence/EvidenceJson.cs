using System.Collections.Immutable;
using System.Text.Json;
using Ledger.Core;

namespace Ledger.Proofs.Evidence;

/// <summary>An evidence file for reading: the same members, byte strings as lower-case hexadecimal. Verifiers take the CBOR.</summary>
public static class EvidenceJson
{
    public static byte[] Write(EvidenceFile file)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("v", 1);
            WriteBytes(json, "keys", file.Keys);
            json.WriteString("type", "evidence");
            if (file.Chain is { } chain)
            {
                WriteChain(json, chain);
            }

            json.WriteString("scope", file.Scope.Word());
            json.WriteString("stream", file.Stream.ToString());
            WriteBytes(json, "records", file.Records);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteChain(Utf8JsonWriter json, ChainEvidence chain)
    {
        json.WriteStartObject("chain");
        json.WriteStartArray("log");
        foreach (LogInclusion inclusion in chain.Log)
        {
            json.WriteStartArray();
            json.WriteNumberValue(inclusion.Checkpoint);
            json.WriteNumberValue(inclusion.Index.Value);
            WriteDigests(json, inclusion.Path);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartObject("head");
        WriteBytes(json, "path", chain.Head.Path);
        WriteBytes(json, "state", chain.Head.State);
        json.WriteNumber("checkpoint", chain.Head.Checkpoint);
        json.WriteEndObject();
        WriteWalk(json, chain.Walk);
        WriteBytes(json, "genesis", chain.Genesis);
        json.WriteStartArray("checkpoints");
        foreach (Checkpoint checkpoint in chain.Checkpoints)
        {
            WriteCheckpoint(json, checkpoint);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteWalk(Utf8JsonWriter json, ImmutableArray<WalkStep> walk)
    {
        if (walk.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("walk");
        foreach (WalkStep step in walk)
        {
            json.WriteStartObject();
            if (!step.Header.IsEmpty)
            {
                WriteBytes(json, "commit", step.Commit);
                WriteBytes(json, "header", step.Header);
            }

            WriteBytes(json, "configuration", step.Configuration);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCheckpoint(Utf8JsonWriter json, Checkpoint checkpoint)
    {
        json.WriteStartObject();
        if (!checkpoint.Next.IsEmpty)
        {
            WriteBytes(json, "next", checkpoint.Next);
        }

        WriteBytes(json, "links", checkpoint.Links);
        WriteBytes(json, "commit", checkpoint.Commit);
        WriteBytes(json, "header", checkpoint.Header);
        if (checkpoint.Bitcoin is { } bitcoin)
        {
            json.WriteStartObject("bitcoin");
            WriteBytes(json, "tx", bitcoin.Tx);
            json.WriteNumber("index", bitcoin.Index);
            json.WritePropertyName("branch");
            WriteDigests(json, bitcoin.Branch);
            WriteBytes(json, "header", bitcoin.Header);
            json.WriteNumber("height", bitcoin.Height);
            json.WriteString("network", bitcoin.Network);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteDigests(Utf8JsonWriter json, ImmutableArray<Digest> digests)
    {
        json.WriteStartArray();
        foreach (Digest digest in digests)
        {
            json.WriteStringValue(digest.ToString());
        }

        json.WriteEndArray();
    }

    private static void WriteBytes(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> bytes) =>
        json.WriteString(name, Convert.ToHexStringLower(bytes.Span));

    private static void WriteBytes(Utf8JsonWriter json, string name, ImmutableArray<ReadOnlyMemory<byte>> items)
    {
        json.WriteStartArray(name);
        foreach (ReadOnlyMemory<byte> item in items)
        {
            json.WriteStringValue(Convert.ToHexStringLower(item.Span));
        }

        json.WriteEndArray();
    }
}
