using Ledger.Core.Cbor;
using Ledger.Records.Chains;
using Ledger.Records.Tests.TestKit;
using Xunit.Abstractions;

namespace Ledger.Records.Tests;

[Trait("Tier", "fuzz")]
public sealed class RecordFuzzTests(ITestOutputHelper output)
{
    internal static int Cases { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases)
            && cases > 0 ? cases : 50_000;

    private static byte[][] Seeds { get; } =
    [
        .. SampleBodies.All().Select(sample => new RawRecord
        {
            Payload = RawRecord.PayloadOf(RawRecord.Members(sample.Kind, sample.Body)),
            Signature = new byte[3309],
        }.ToBytes()),
    ];

    /// <summary>
    /// No crash, no hang, no large allocation; what is accepted is well understood and not the original.
    /// </summary>
    [Fact]
    public void A_mutated_record_is_rejected_or_another_record()
    {
        Random random = new(7);
        int accepted = 0;
        long most = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] original = Seeds[i % Seeds.Length];
            byte[] mutated = Mutate(original, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool read = Record.TryParse(mutated, out Record? record, out Fault? fault);
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.InRange(most, 0, 1 << 20);
            if (!read)
            {
                Assert.Equal(Layer.Encoding, fault!.Layer);
                Assert.InRange(fault.Offset ?? -1, 0, mutated.Length);
                continue;
            }

            accepted++;
            Assert.True(Record.TryParse(original, out Record? first, out _));
            Assert.NotEqual(first.Id, record!.Id);
            Assert.Equal(record.DecodeBody().Encode(), record.Body.ToArray());
            Assert.NotEmpty(RecordText.Diagnostic(record));
        }

        Assert.InRange(accepted, Cases / 20, Cases - (Cases / 20));
        output.WriteLine(
            $"{Cases:N0} mutated records: {Cases - accepted:N0} refused, {accepted:N0} other records, none the "
            + $"original; at most {most:N0} bytes allocated for one");
    }

    /// <summary>Whatever stands in a file, there is a verdict, and VERIFIED only for the file itself.</summary>
    [Fact]
    public void A_mutated_chain_is_never_verified()
    {
        byte[] file = new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("bob", byRecovery: true).Outcome()
            .ToFile();
        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(file).Verdict);
        Random random = new(11);
        int count = Math.Max(500, Cases / 50);
        for (int i = 0; i < count; i++)
        {
            byte[] mutated = Mutate(file, random);
            ChainVerdict verdict = ChainVerifier.Verify(mutated);
            bool wholeRecordsOfTheFile = file.AsSpan().StartsWith(mutated);
            Assert.True(
                verdict.Verdict == Verdict.Invalid || wholeRecordsOfTheFile,
                $"{verdict} for {Convert.ToHexString(mutated)}");
        }

        output.WriteLine($"{count:N0} mutated chain files: INVALID, or whole records of the file");
    }

    /// <summary>
    /// A flip, a byte put in, a stretch taken out or doubled, a piece of another record, a head changed.
    /// </summary>
    internal static byte[] Mutate(byte[] bytes, Random random)
    {
        // Half of the changes go where the structure is, not into keys and signatures.
        int reach = random.Next(2) == 0 ? bytes.Length : Math.Min(bytes.Length, 700);
        int at = random.Next(reach);
        int to = Math.Min(bytes.Length, at + random.Next(1, 80));
        byte[] mutated = random.Next(7) switch
        {
            0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
            1 => [.. bytes[..at], .. bytes[to..]],
            2 => bytes[..at],
            3 => [.. bytes[..to], .. bytes[at..to], .. bytes[to..]],
            4 => Splice(bytes, at, random),
            5 => [.. bytes[..at], Heads[random.Next(Heads.Length)], .. bytes[(at + 1)..]],
            _ => Flip(bytes, at, random),
        };
        return mutated.AsSpan().SequenceEqual(bytes) ? Flip(bytes, at, random) : mutated;
    }

    private static byte[] Heads { get; } =
        [0x00, 0x18, 0x1b, 0x20, 0x3b, 0x40, 0x5b, 0x5f, 0x60, 0x7b, 0x80, 0x9b, 0xa0, 0xbb, 0xc0, 0xd2, 0xf5, 0xf6,
            0xfb, 0xff];

    private static byte[] Splice(byte[] bytes, int at, Random random)
    {
        byte[] other = Seeds[random.Next(Seeds.Length)];
        int from = random.Next(other.Length);
        int length = Math.Min(random.Next(1, 200), other.Length - from);
        return [.. bytes[..at], .. other.AsSpan(from, length), .. bytes[Math.Min(bytes.Length, at + length)..]];
    }

    private static byte[] Flip(byte[] bytes, int at, Random random)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= (byte)(1 << random.Next(8));
        return flipped;
    }
}
