using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Ledger.Proofs.Disclosures;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Proofs;

/// <summary>A verdict as JSON, the same for every surface: members are always there, null where nothing is to be said.</summary>
public static class VerdictJson
{
    /// <summary>UTF-8, indented.</summary>
    public static byte[] Write(Verification verification)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            WriteTo(json, verification);
        }

        return buffer.ToArray();
    }

    /// <summary>The sentence that every surface shows first.</summary>
    public static string FirstLine(Verification verification)
    {
        string word = verification.Verdict.Word();
        if (verification.Verdict == Verdict.Verified)
        {
            return verification.Trust is { Key: Pinning.Pinned } or { Chain: Pinning.Pinned }
                ? $"{word}, held against {Pins(verification.Trust)}"
                : $"{word} as far as this file goes: whoever made it could have made all of it";
        }

        return $"{word} at record {verification.Index}, {verification.Layer!.Value.Word()}: {verification.Reason}";
    }

    /// <summary>0 VERIFIED, 1 INVALID, 2 STALE, 3 REVOKED.</summary>
    public static int ExitCode(Verdict verdict) => verdict switch
    {
        Verdict.Verified => 0,
        Verdict.Invalid => 1,
        Verdict.Stale => 2,
        _ => 3,
    };

    /// <summary>For people and JSON alike.</summary>
    public static string Word(this Pinning pinning) => pinning switch
    {
        Pinning.Pinned => "pinned",
        Pinning.NotPinned => "not pinned",
        _ => "not shown",
    };

    /// <summary>For people and JSON alike.</summary>
    public static string Word(this LayerOutcome outcome) => outcome switch
    {
        LayerOutcome.Passed => "passed",
        LayerOutcome.Failed => "failed",
        _ => "not checked",
    };

    private static string Pins(TrustReport trust)
    {
        StringBuilder pins = new();
        foreach ((Pinning pinning, string name) in new[]
        {
            (trust.Key, "the stream's key"), (trust.Chain, "the chain"), (trust.Bitcoin, "the Bitcoin network"),
        })
        {
            if (pinning == Pinning.Pinned)
            {
                pins.Append(pins.Length > 0 ? ", " : "").Append(name);
            }
        }

        return pins.Append(" of the trust file").ToString();
    }

    private static void WriteTo(Utf8JsonWriter json, Verification verification)
    {
        json.WriteStartObject();
        json.WriteString("verdict", verification.Verdict.Word());
        json.WriteString("layer", verification.Layer?.Word());
        json.WriteString("reason", verification.Reason);
        WriteNumber(json, "index", verification.Index);
        json.WriteString("stream", verification.Stream?.ToString());
        json.WriteNumber("records", verification.Records);
        json.WriteString("scope", verification.Scope?.Word());
        WriteNumber(json, "asOf", (long?)verification.AsOf?.Milliseconds);
        WriteTrust(json, verification.Trust);
        WriteSettled(json, verification.Settled);
        WriteAnchored(json, verification.Anchored);
        json.WriteStartArray("layers");
        foreach (LayerReport layer in verification.Layers)
        {
            json.WriteStartObject();
            json.WriteString("layer", layer.Name);
            json.WriteString("outcome", layer.Outcome.Word());
            json.WriteString("text", layer.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (string note in verification.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        WriteDisclosures(json, verification.Disclosures);
        json.WriteEndObject();
    }

    private static void WriteDisclosures(Utf8JsonWriter json, ImmutableArray<DisclosureReport> disclosures)
    {
        json.WriteStartArray("disclosures");
        foreach (DisclosureReport disclosure in disclosures)
        {
            json.WriteStartObject();
            json.WriteString("outcome", disclosure.Outcome.Word());
            json.WriteString("text", disclosure.Text);
            json.WriteString("record", disclosure.Record?.ToString());
            json.WriteString("member", disclosure.Member);
            WriteNumber(json, "index", disclosure.Index);
            WriteNumber(json, "bytes", disclosure.Bytes);
            json.WriteString("type", disclosure.Type);
            json.WriteString("sha256", disclosure.Digest?.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTrust(Utf8JsonWriter json, TrustReport trust)
    {
        json.WriteStartObject("trust");
        json.WriteString("key", trust.Key.Word());
        json.WriteString("chain", trust.Chain.Word());
        json.WriteStartObject("bitcoin");
        json.WriteString("pin", trust.Bitcoin.Word());
        json.WriteString("network", trust.Network);
        json.WriteString("work", Decimal(trust.Work));
        json.WriteString("floor", Decimal(trust.Floor));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSettled(Utf8JsonWriter json, SettledReport? settled)
    {
        if (settled is null)
        {
            json.WriteNull("settled");
            return;
        }

        json.WriteStartObject("settled");
        json.WriteString("chain", settled.Chain.ToString());
        json.WriteNumber("height", settled.Height.Value);
        json.WriteBoolean("ownBlock", settled.IsOwnBlock);
        json.WriteString("block", settled.Block.ToString());
        json.WriteNumber("time", settled.Time.Milliseconds);
        json.WriteNumber("leadMs", settled.LeadMs);
        json.WriteEndObject();
    }

    private static void WriteAnchored(Utf8JsonWriter json, AnchoredReport? anchored)
    {
        if (anchored is null)
        {
            json.WriteNull("anchored");
            return;
        }

        json.WriteStartObject("anchored");
        json.WriteString("network", anchored.Network);
        json.WriteBoolean("provesTime", anchored.ProvesTime);
        json.WriteString("txid", anchored.Transaction);
        json.WriteString("block", anchored.BlockHash);
        json.WriteNumber("height", anchored.Height);
        json.WriteNumber("time", anchored.Time.Milliseconds);
        json.WriteString("cost", anchored.Cost);
        json.WriteEndObject();
    }

    private static string? Decimal(BigInteger? number) => number?.ToString();

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
