using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.Vectors;

/// <summary>
/// Golden records and what is made of them, with reason and offset of each refusal: for other readers to agree with.
/// </summary>
public sealed class FormVectorTests
{
    [Fact]
    public void The_golden_records_and_their_mutants_are_made_byte_by_byte()
    {
        List<string> reasons = [];
        List<string> rows = [];
        foreach (Mutant mutant in FormMutations.All())
        {
            JsonArray edits = Edits(FormMutations.Golden[mutant.Of].Bytes, mutant.Bytes);
            JsonArray row = [mutant.Of, -1, -1, edits];
            if (!Record.TryParse(mutant.Bytes, out _, out Fault? fault))
            {
                string reason = ReasonAlone(fault);
                if (!reasons.Contains(reason, StringComparer.Ordinal))
                {
                    reasons.Add(reason);
                }

                row[1] = reasons.IndexOf(reason);
                row[2] = fault.Offset;
            }

            rows.Add(row.ToJsonString());
        }

        VectorTests.Check("golden.cbor", [.. FormMutations.Golden.SelectMany(golden => golden.Bytes)]);
        VectorTests.Check("forms.json", Encoding.UTF8.GetBytes(
            "{\n"
            + $"\"about\": {Text(About)},\n"
            + $"\"golden\": [\n{string.Join(",\n", FormMutations.Golden.Select(Describe))}\n],\n"
            + $"\"reasons\": [\n{string.Join(",\n", reasons.Select(Text))}\n],\n"
            + $"\"cases\": [\n{string.Join(",\n", rows)}\n]\n}}\n"));
    }

    /// <summary>The mutants reach what can be wrong with a form, save what only a large record shows.</summary>
    [Fact]
    public void Every_reason_for_a_refusal_is_met()
    {
        SortedSet<string> met = [];
        int accepted = 0;
        foreach (Mutant mutant in FormMutations.All())
        {
            bool read = Record.TryParse(mutant.Bytes, out _, out Fault? fault);
            accepted += read ? 1 : 0;
            met.Add(read ? "" : ReasonAlone(fault!));
        }

        Assert.InRange(accepted, 500, 10_000);
        foreach (CborFault fault in Enum.GetValues<CborFault>()
            .Where(fault => fault is not (CborFault.None or CborFault.TooLong)))
        {
            Assert.Contains(new CborError(fault, 0).Reason, met);
        }
    }

    private const string About =
        "golden.cbor holds the golden records, one behind the other, each signed by alice. A case is [index of a "
        + "golden record, index of the reason or -1 if it is a record, offset, edits]; an edit [at, remove, insert] "
        + "counts in the golden record";

    /// <summary>The words before the colon are for people.</summary>
    private static string ReasonAlone(Fault fault)
    {
        int colon = fault.Reason.LastIndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? fault.Reason : fault.Reason[(colon + 2)..];
    }

    private static string Describe((string Name, RecordKind Kind, byte[] Bytes) golden)
    {
        Assert.True(Record.TryParse(golden.Bytes, out Record? record, out Fault? fault), $"{golden.Name}: {fault}");
        Assert.True(VerifiedRecord.TryVerify(record, Keys.Of("alice").PublicKey.Span, out _, out fault), fault?.Reason);
        return new JsonObject
        {
            ["name"] = golden.Name,
            ["kind"] = golden.Kind.Word(),
            ["id"] = record.Id.ToString(),
            ["entry"] = record.Entry.ToString(),
            ["kid"] = record.Kid.ToString(),
            ["causes"] = record.CauseCount,
            ["signed"] = Digest.Of(record.SignedBytes()).ToString(),
            ["body"] = Digest.Of(Encoding.UTF8.GetBytes(record.DecodeBody().ToString())).ToString(),
        }.ToJsonString();
    }

    /// <summary>
    /// What to do to the old bytes to get the new ones: in the head of the payload, and in one place else.
    /// </summary>
    private static JsonArray Edits(byte[] old, byte[] changed)
    {
        // Tag, head of the array, protected header with its head, unprotected header: then the payload's head of three.
        int payload = 2 + 2 + old[3] + 1;
        JsonArray edits = [];
        bool heads = changed.Length > payload + 3
            && old.AsSpan(0, payload).SequenceEqual(changed.AsSpan(0, payload))
            && !old.AsSpan(payload, 3).SequenceEqual(changed.AsSpan(payload, 3));
        if (heads)
        {
            edits.Add(new JsonArray(payload, 3, Convert.ToHexStringLower(changed.AsSpan(payload, 3))));
        }

        int from = heads ? payload + 3 : 0;
        ReadOnlySpan<byte> restOfOld = old.AsSpan(from);
        ReadOnlySpan<byte> rest = changed.AsSpan(from);
        int prefix = restOfOld.CommonPrefixLength(rest);
        int suffix = 0;
        int suffixMax = Math.Min(restOfOld.Length, rest.Length) - prefix;
        while (suffix < suffixMax && restOfOld[^(suffix + 1)] == rest[^(suffix + 1)])
        {
            suffix++;
        }

        edits.Add(new JsonArray(
            from + prefix, restOfOld.Length - prefix - suffix, Convert.ToHexStringLower(rest[prefix..^suffix])));
        return edits;
    }

    private static string Text(string value) => JsonValue.Create(value).ToJsonString(
        new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
