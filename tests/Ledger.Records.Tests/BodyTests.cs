using Ledger.Core.Cbor;
using Ledger.Records.Form;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

public sealed class BodyTests
{
    public static TheoryData<string> Names => [.. SampleBodies.All().Select(sample => sample.Name)];

    [Fact]
    public void Every_kind_has_a_sample() =>
        Assert.Equal(Enum.GetValues<RecordKind>(), SampleBodies.All().Select(sample => sample.Kind).Distinct().Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_full_body_and_one_with_only_the_required_members_are_accepted(string name)
    {
        (RecordKind kind, CborMap body) = Sample(name);
        Assert.Null(Refusal(kind, body));
        CborMap least = CborMap.From(body.Where(member =>
            Named(kind, body).Single(named => named.Name == member.Key).Required));
        Assert.Null(Refusal(kind, least));
    }

    /// <summary>The samples are full: every named member, and those of the maps inside, stand in some sample.</summary>
    [Fact]
    public void The_samples_hold_every_named_member()
    {
        foreach ((RecordKind kind, string name, CborMap body) in SampleBodies.All())
        {
            Assert.Equal(
                Named(kind, body).Select(member => member.Name).Order(StringComparer.Ordinal),
                body.Select(member => member.Key).Order(StringComparer.Ordinal));
            Assert.NotEmpty(name);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_missing_required_member_is_named(string name)
    {
        (RecordKind kind, CborMap body) = Sample(name);
        foreach (Member required in Named(kind, body).Where(member => member.Required))
        {
            Fault? fault = Refusal(kind, CborMap.From(body.Where(member => member.Key != required.Name)));
            Assert.Equal($"body {required.Name}: a required member is missing", fault?.Reason);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_named_member_may_be_null_or_of_another_type(string name)
    {
        (RecordKind kind, CborMap body) = Sample(name);
        foreach (CborMember member in body)
        {
            Assert.Equal(
                $"body {member.Key}: an item of another type was expected",
                Refusal(kind, body.With(member.Key, CborNull.Value))?.Reason);
            CborValue other = member.Value.Type == CborType.Text ? 1 : "text";
            Assert.NotNull(Refusal(kind, body.With(member.Key, other)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_body_is_open_and_what_it_says_further_is_kept(string name)
    {
        (RecordKind kind, CborMap body) = Sample(name);
        CborMap further = body.With("", CborNull.Value)
            .With("x-note", CborMap.Of(("any", CborArray.Of(true, -5, "x"))));
        Assert.True(Record.TryParse(Bytes(kind, further), out Record? record, out Fault? fault), fault?.ToString());
        Assert.Equal(further, record.DecodeBody());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_maps_inside_a_body_are_closed(string name)
    {
        (RecordKind kind, CborMap body) = Sample(name);
        foreach (CborMember member in body.Where(member => !IsFree(kind, member.Key)))
        {
            CborMap? spoilt = Spoil(member.Value) is { } value ? body.With(member.Key, value) : null;
            if (spoilt is not null)
            {
                string? reason = Refusal(kind, spoilt)?.Reason;
                Assert.EndsWith("a member that this map does not allow", reason, StringComparison.Ordinal);
                Assert.StartsWith($"body {member.Key}", reason, StringComparison.Ordinal);
            }
        }

        // "named", "members" and "change" hold whatever keys the writer likes.
        static bool IsFree(RecordKind kind, string key) =>
            key is "change" || (kind is RecordKind.Model && key is "named")
                || (kind is RecordKind.Correction && key is "members");
    }

    [Theory]
    [InlineData(RecordKind.Intent, "actor", "type", "robot")]
    [InlineData(RecordKind.Outcome, "status", null, "done")]
    [InlineData(RecordKind.Root, "alg", null, "sha-512")]
    [InlineData(RecordKind.Incident, "severity", null, "Low")]
    [InlineData(RecordKind.Incident, "status", null, "gone")]
    [InlineData(RecordKind.Gap, "type", null, "")]
    [InlineData(RecordKind.Hold, "action", null, "lift")]
    public void A_word_that_is_not_in_the_list_is_refused(RecordKind kind, string member, string? inner, string word)
    {
        CborMap body = SampleBodies.All().First(sample => sample.Kind == kind).Body;
        CborMap changed = inner is null ? body.With(member, word)
            : body.With(member, ((CborMap)body[member]).With(inner, word));
        string path = inner is null ? member : $"{member}.{inner}";
        Assert.Equal($"body {path}: a value that is not allowed here", Refusal(kind, changed)?.Reason);
    }

    [Theory]
    [InlineData(RecordKind.Intent, "input")]
    [InlineData(RecordKind.Intent, "context")]
    [InlineData(RecordKind.Outcome, "output")]
    [InlineData(RecordKind.Model, "tuning")]
    [InlineData(RecordKind.Incident, "about")]
    [InlineData(RecordKind.Erasure, "erased")]
    [InlineData(RecordKind.Governance, "approvals")]
    public void A_list_that_is_there_is_not_empty(RecordKind kind, string member)
    {
        CborMap body = SampleBodies.All().First(sample => sample.Kind == kind).Body.With(member, CborArray.Of());
        Assert.Equal($"body {member}: an array or map has the wrong number of items", Refusal(kind, body)?.Reason);
    }

    [Theory]
    [InlineData("before")]
    [InlineData("after")]
    [InlineData("named")]
    public void A_change_of_model_names_at_least_one_part_and_only_known_ones(string member)
    {
        CborMap body = SampleBodies.All().First(sample => sample.Kind == RecordKind.Model).Body;
        Assert.NotNull(Refusal(RecordKind.Model, body.With(member, CborMap.Empty)));
        CborMap unknown = body.With(member, CborMap.Of(("weather", SampleBodies.SomeDigest)));
        Assert.NotNull(Refusal(RecordKind.Model, unknown));
    }

    [Fact]
    public void A_fault_deep_inside_is_named_by_its_path()
    {
        CborMap body = SampleBodies.All().First(sample => sample.Kind == RecordKind.Intent).Body;
        CborArray context = (CborArray)body["context"];
        CborMap second = (CborMap)context[1];
        CborMap commit = ((CborMap)second["commit"]).With("hash", new byte[31]);
        CborMap broken = body.With("context", CborArray.Of(context[0], second.With("commit", commit)));
        byte[] bytes = Bytes(RecordKind.Intent, broken);
        Assert.False(Record.TryParse(bytes, out _, out Fault? fault));
        Assert.Equal("body context[1].commit.hash: a string has the wrong length", fault.Reason);
        Assert.Equal(bytes.AsSpan().IndexOf(new CborBytes(new byte[31]).Encode()), fault.Offset);
    }

    private static (RecordKind Kind, CborMap Body) Sample(string name)
    {
        (RecordKind kind, _, CborMap body) = SampleBodies.All().Single(sample => sample.Name == name);
        return (kind, body);
    }

    private static IReadOnlyList<Member> Named(RecordKind kind, CborMap body)
    {
        if (kind != RecordKind.Document)
        {
            return ((MapShape)BodyShapes.Of(kind)).Declared;
        }

        string type = ((CborText)body["type"]).Value;
        return BodyShapes.DocumentTypes.FirstOrDefault(entry => entry.Type == type).Shape?.Declared
            ?? BodyShapes.DocumentCommon.Declared;
    }

    /// <summary>The same value with a member too many in the first map inside it; null if there is none.</summary>
    private static CborValue? Spoil(CborValue value) => value switch
    {
        CborMap map => map.With("x", 1),
        CborArray { Count: > 0 } array when Spoil(array[0]) is { } first =>
            CborArray.From(array.Skip(1).Prepend(first)),
        _ => null,
    };

    // The signature is not looked at, so zeros will do.
    private static byte[] Bytes(RecordKind kind, CborMap body) => new RawRecord
    {
        Payload = RawRecord.PayloadOf(RawRecord.Members(kind, body)),
        Signature = new byte[3309],
    }.ToBytes();

    private static Fault? Refusal(RecordKind kind, CborMap body) =>
        Record.TryParse(Bytes(kind, body), out _, out Fault? fault) ? null : fault;
}
