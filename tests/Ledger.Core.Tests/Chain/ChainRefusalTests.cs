using System.Collections.Immutable;
using System.Text.Json;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Log;

namespace Ledger.Core.Tests.Chain;

/// <summary>One door for the bytes of strangers: what is not the one encoding of a sound value is refused.</summary>
public sealed class ChainRefusalTests
{
    public static TheoryData<string> Formats => ChainFormats.Names;

    public static TheoryData<string> Doors => ChainFormats.Doors;

    [Theory]
    [MemberData(nameof(Formats))]
    public void Each_refusal_of_the_vectors_is_one_here_and_for_the_same_reason(string format)
    {
        JsonElement file = ChainVectors.Load("refused.json");
        byte[] sound = ChainFormats.Sample(format);
        Assert.Equal(file.GetProperty("bases").Hash(format), Digest.Of(sound));
        Assert.Equal(sound, ChainFormats.ReadAndWrite(format, sound, out _));

        JsonElement[] cases = [.. file.Items("cases").Where(item => item.Text("of") == format)];
        Assert.True(cases.Length > 15, $"only {cases.Length} cases");
        foreach (JsonElement item in cases)
        {
            byte[]? read = ChainFormats.ReadAndWrite(format, Changed(sound, item), out CborError error);
            Assert.True(read is null, $"{item.Text("why")}: accepted");
            Assert.True(item.Text("reason") == error.Reason, $"{item.Text("why")}: {error}");
        }
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void Every_prefix_is_refused(string format)
    {
        byte[] sound = ChainFormats.Sample(format);
        Assert.NotNull(ChainFormats.ReadAndWrite(format, sound, out _));
        for (int length = 0; length < sound.Length; length++)
        {
            Assert.True(ChainFormats.ReadAndWrite(format, sound.AsSpan(0, length), out CborError error) is null, $"{length} bytes");
            Assert.InRange(error.Offset, 0, length);
        }
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void Every_changed_byte_is_refused_or_read_as_the_different_value_that_it_is(string format)
    {
        byte[] sound = ChainFormats.Sample(format);
        Assert.Equal(sound, ChainFormats.ReadAndWrite(format, sound, out _));
        byte[] changed = (byte[])sound.Clone();

        // All bits of what is short; one bit of each byte where keys and signatures make it long.
        int bits = sound.Length < 1_000 ? 8 : 1;
        for (int at = 0; at < sound.Length; at++)
        {
            for (int i = 0; i < bits; i++)
            {
                changed[at] ^= (byte)(1 << ((at + i) % 8));
                byte[]? read = ChainFormats.ReadAndWrite(format, changed, out _);
                Assert.True(read is null || read.AsSpan().SequenceEqual(changed), $"{format}, byte {at}: another encoding of something");
                changed[at] = sound[at];
            }
        }
    }

    [Fact]
    public void A_body_holds_fifteen_thousand_records_and_not_one_more()
    {
        BlockBody full = new([.. Enumerable.Repeat(RecordId.Zero, BlockBody.RecordsMax)], []);
        Assert.True(BlockBody.TryParse(full.Encode(), out _, out CborError error), error.ToString());
        Assert.True(full.Encode().Length <= Limits.BlockBodyBytes);

        BlockBody over = full with { Records = full.Records.Add(RecordId.Zero) };
        Assert.False(BlockBody.TryParse(over.Encode(), out _, out error));
        Assert.Equal(CborFault.WrongCount, error.Fault);
    }

    [Fact]
    public void A_body_of_more_than_a_mebibyte_is_refused_before_it_is_read()
    {
        ReadOnlyMemory<byte> file = new byte[BlockBody.MisbehaviourBytesMax];
        ImmutableArray<ReadOnlyMemory<byte>> files = [.. Enumerable.Repeat(file, 63)];
        Assert.True(BlockBody.TryParse(new BlockBody([], files).Encode(), out _, out CborError error), error.ToString());

        BlockBody over = new([.. Enumerable.Repeat(RecordId.Zero, 500)], files);
        Assert.False(BlockBody.TryParse(over.Encode(), out _, out error));
        Assert.Equal(new CborError(CborFault.WrongLength, 0), error);
    }

    [Fact]
    public void A_configuration_has_at_most_256_validators()
    {
        Configuration sample = ChainVectors.Configuration(
            ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("value").GetProperty("configuration"));
        Configuration full = sample with { Validators = [.. Enumerable.Range(0, Limits.Validators).Select(i => Another(sample, i))] };
        Assert.True(Configuration.TryParse(full.Encode(), out Configuration read, out CborError error), error.ToString());
        Assert.Equal(full.Digest, read.Digest);

        Configuration over = full with { Validators = full.Validators.Add(Another(sample, Limits.Validators)) };
        Assert.False(Configuration.TryParse(over.Encode(), out _, out error));
        Assert.Equal(CborFault.WrongCount, error.Fault);
    }

    private static Validator Another(Configuration sample, int number)
    {
        byte[] vote = sample.Validators[0].VoteKey.ToArray();
        byte[] governance = sample.Validators[0].GovernanceKey.ToArray();
        (vote[0], vote[1]) = (governance[0], governance[1]) = ((byte)number, (byte)(number >> 8));
        return sample.Validators[0] with
        {
            Name = $"validator {number}", VoteKey = vote, GovernanceKey = governance, Stream = new StreamId(Digest.Of(vote)),
        };
    }

    private static byte[] Changed(byte[] sound, JsonElement change)
    {
        int at = (int)change.Number("at");
        return [.. sound[..at], .. change.Bytes("insert"), .. sound[(at + (int)change.Number("remove"))..]];
    }
}
