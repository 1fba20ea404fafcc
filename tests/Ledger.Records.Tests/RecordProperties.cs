using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Tests.TestKit;
using Xunit.Abstractions;

namespace Ledger.Records.Tests;

/// <summary>
/// Decoding undoes encoding, and encoding decoding, for records of every kind with any further members in their bodies.
/// </summary>
public sealed class RecordProperties(ITestOutputHelper output)
{
    private const int Cases = 3_000;

    private static readonly (RecordKind Kind, string Name, CborMap Body)[] Samples = [.. SampleBodies.All()];

    [Fact]
    public void A_record_is_read_back_as_it_was_written_and_written_as_it_was_read()
    {
        Random random = new(29);
        for (int i = 0; i < Cases; i++)
        {
            (RecordKind kind, _, CborMap body) = Samples[i % Samples.Length];
            RecordContent content = Content(random, kind, body);
            (string issuer, string subject) = (Text(random), Text(random));
            byte[] bytes = RecordWriter.Seal(Keys.Of("alice"), issuer, subject, content, Keys.NoRandomness);
            Assert.True(Record.TryParse(bytes, out Record? read, out Fault? fault), fault?.ToString());

            // decode ∘ encode
            Assert.Equal((issuer, subject), (read.Issuer, read.Subject));
            Assert.Equal(
                (content.Stream, content.Seq, content.Prev, content.Time, content.Kind),
                (read.Stream, read.Seq, read.Prev, read.Time, read.Kind));
            Assert.Equal(content.Causes, Enumerable.Range(0, read.CauseCount).Select(cause => read.Cause(cause)));
            Assert.Equal(content.Body, read.DecodeBody());

            // encode ∘ decode: what was read, laid out again, gives the bytes.
            Assert.Equal(read.Payload.ToArray(), CborValue.Decode(read.Payload).Encode());
            RecordContent again = new(
                read.Stream, read.Seq, read.Prev, read.Time, read.Kind, read.DecodeBody(),
                [.. Enumerable.Range(0, read.CauseCount).Select(cause => read.Cause(cause))]);
            Assert.Equal(
                bytes,
                RecordWriter.Seal(Keys.Of("alice"), read.Issuer, read.Subject, again, Keys.NoRandomness));
        }

        output.WriteLine($"{Cases:N0} random records: read back as written, and written as read");
    }

    private static RecordContent Content(Random random, RecordKind kind, CborMap body)
    {
        // A root record is small; none of its members may push it over.
        int further = kind == RecordKind.Root ? 1 : random.Next(5);
        for (int i = 0; i < further; i++)
        {
            body = body.With($"x-{Text(random)}", Value(random, 4));
        }

        ImmutableArray<RecordId> causes = [.. Enumerable.Range(0, kind == RecordKind.Root ? 0 : random.Next(0, 65))
            .Select(_ => new RecordId(RawRecord.Sha3Of(Bytes(random, 4))))];
        RecordId prev = new(RawRecord.Sha3Of(Bytes(random, 4)));
        return new RecordContent(
            new StreamId(Digest.Of(Bytes(random, 4))), new Sequence(Number(random)), prev, new UnixTime(Number(random)),
            kind, body, causes);
    }

    /// <summary>With a taste for the places where an encoding grows.</summary>
    private static ulong Number(Random random)
    {
        ulong[] edges = [0, 23, 24, 255, 256, 65_535, 65_536, uint.MaxValue, (ulong)uint.MaxValue + 1, Limits.Integer];
        return random.Next(2) == 0
            ? edges[random.Next(edges.Length)]
            : (ulong)random.NextInt64((long)Limits.Integer + 1);
    }

    private static CborValue Value(Random random, int depth) => random.Next(depth > 0 ? 8 : 6) switch
    {
        0 => CborInteger.Of((long)Number(random)),
        1 => CborInteger.Of(-(long)Number(random)),
        2 => Text(random),
        3 => Bytes(random, random.Next(40)),
        4 => CborBoolean.Of(random.Next(2) == 0),
        5 => CborNull.Value,
        6 => CborArray.From(Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1)).ToList()),
        _ => CborMap.From(Enumerable.Range(0, random.Next(4))
            .Select(i => new CborMember($"{i}", Value(random, depth - 1))).ToList()),
    };

    private static string Text(Random random)
    {
        string[] pieces = ["", "a", "zz", "\u00e9", "\u20ac", "\U0001F600", "\0", "\"\\", new string('x', 30)];
        return string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => pieces[random.Next(pieces.Length)]));
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
