using System.Text.Json;
using Ledger.Core;
using Ledger.Node.Doors;

namespace Ledger.Node.Tests.Doors;

public sealed class DigestListTests
{
    /// <summary>What JSON is made of, and one character of two bytes cut in half.</summary>
    private const string Marks = "\"[]{},:\\0aF \u00e9";

    private static int Cases =>
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases) ? cases : 20_000;

    [Fact]
    public void Digits_of_either_case_and_white_space_are_read()
    {
        Digest[] digests = DigestDoorTests.Some(2);
        string text = $" [ \"{digests[0].ToString().ToUpperInvariant()}\" ,\n\"{digests[1]}\" ]\r\n";

        Assert.Equal(digests, DigestList.ReadJson(System.Text.Encoding.UTF8.GetBytes(text), out string? fault, out _));
        Assert.Null(fault);
    }

    [Fact]
    public void Texts_that_are_no_utf_8_are_no_digests()
    {
        byte[] body = [.. "[\""u8, .. Enumerable.Repeat((byte)0xff, 64), .. "\"]"u8];

        Assert.Null(DigestList.ReadJson(body, out _, out int? index));
        Assert.Equal(0, index);
    }

    /// <summary>Bodies with changed, missing and added bytes: a list or a fault, and never an exception.</summary>
    [Fact]
    [Trait("Tier", "fuzz")]
    public void Any_bytes_are_digests_or_a_fault()
    {
        byte[] sound = JsonSerializer.SerializeToUtf8Bytes(DigestDoorTests.Some(5).Select(digest => digest.ToString()));
        Assert.NotNull(DigestList.ReadJson(sound, out _, out _));
        Random random = new(20_260_102);
        int refused = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] body = [.. sound];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int at = random.Next(body.Length);
                body = random.Next(4) switch
                {
                    0 => [.. body[..at], (byte)random.Next(256), .. body[(at + 1)..]],
                    1 => [.. body[..at], (byte)Marks[random.Next(Marks.Length)], .. body[at..]],
                    2 when body.Length > 1 => [.. body[..at], .. body[(at + 1)..]],
                    _ => body[..Math.Max(1, at)],
                };
            }

            bool read = DigestList.ReadJson(body, out string? fault, out _) is not null;
            Assert.Equal(read, fault is null);
            refused += read ? 0 : 1;
        }

        Assert.True(refused > Cases / 2, $"only {refused} of {Cases} cases were refused: the fuzz does not bite");
    }
}
