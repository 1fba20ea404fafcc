using System.Security.Cryptography;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Tests.OpenTimestamps;

public class OtsFileTests
{
    private const int HeaderBytes = 31 + 1 + 1 + 32;

    private static readonly Digest Start = Digest.Of("file"u8);

    [Fact]
    public void A_file_is_written_as_the_format_says_and_read_back()
    {
        OtsFile file = Sample();
        byte[] bytes = file.Encode();
        Assert.Equal(
            "004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e8929401" + "08" + Start
            + "f00161" + "08" + "000588960d73d71901" + "03" + "a08d06",
            Convert.ToHexStringLower(bytes));

        Assert.True(OtsFile.TryDecode(bytes, out OtsFile? read, out OtsError error), error.Reason);
        Assert.Equal(bytes, read.Encode());
        (byte[] message, OtsAttestation attestation) = Assert.Single(read.Timestamp.Evaluate(Start.Span));
        Assert.Equal(SHA256.HashData([.. Start.Span, (byte)'a']), message);
        Assert.Equal(new OtsAttestation.Bitcoin(new BitcoinHeight(100_000)), attestation);
    }

    [Fact]
    public void A_fork_with_every_kind_of_operation_and_attestation_is_read_back()
    {
        OtsTimestamp pending = OtsTimestamp.Of([new OtsAttestation.Pending("https://calendar.example/a-b_c:1")], []);
        OtsTimestamp unknown = OtsTimestamp.Of(
            [new OtsAttestation.Unknown(new byte[8], new byte[] { 1, 2 }), new OtsAttestation.Bitcoin(new(7))],
            [new OtsBranch(new OtsOperation(OtsOpcode.Sha1, default), pending)]);
        OtsTimestamp root = OtsTimestamp.Of(
            [new OtsAttestation.Bitcoin(new(9)), new OtsAttestation.Bitcoin(new(300))],
            [
                new OtsBranch(new OtsOperation(OtsOpcode.Reverse, default), pending),
                new OtsBranch(OtsOperation.Prepend(new byte[] { 1 }), unknown),
                new OtsBranch(new OtsOperation(OtsOpcode.Hexlify, default), pending),
            ]);
        byte[] bytes = new OtsFile(Start, root).Encode();

        Assert.True(OtsFile.TryDecode(bytes, out OtsFile? read, out OtsError error), error.Reason);
        Assert.Equal(bytes, read.Encode());
        Assert.Equal(7, read.Timestamp.Evaluate(Start.Span).Length);
        Assert.Equal(3, read.Timestamp.Depth);
    }

    [Fact]
    public void Every_cut_is_refused_at_its_end_and_a_byte_more_where_it_stands()
    {
        byte[] bytes = Sample().Encode();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(OtsFile.TryDecode(bytes.AsSpan(0, length), out _, out OtsError cut));
            Assert.True(cut.Fault is OtsFault.Truncated or OtsFault.NotOpenTimestamps, cut.Reason);
            Assert.InRange(cut.Offset, 0, length);
        }

        Assert.False(OtsFile.TryDecode([.. bytes, 0], out _, out OtsError error));
        Assert.Equal(new OtsError(OtsFault.TrailingBytes, bytes.Length), error);
    }

    [Theory]
    [InlineData(0, 1, OtsFault.NotOpenTimestamps, 0)]
    [InlineData(30, 0, OtsFault.NotOpenTimestamps, 0)]
    [InlineData(31, 2, OtsFault.UnknownVersion, 31)]
    [InlineData(32, 3, OtsFault.FileHashNotSupported, 32)]
    [InlineData(65, 0x09, OtsFault.OperationUnknown, 65)]
    [InlineData(66, 0x00, OtsFault.ArgumentLength, 66)]
    [InlineData(68, 0x03, OtsFault.OperationNotSupported, 68)]
    [InlineData(68, 0x67, OtsFault.OperationNotSupported, 68)]
    [InlineData(78, 0x02, OtsFault.AttestationMalformed, 79)]
    [InlineData(81, 0x80, OtsFault.AttestationMalformed, 79)]
    [InlineData(81, 0x00, OtsFault.AttestationMalformed, 79)]
    public void Each_fault_is_named_where_it_stands(int offset, byte value, OtsFault fault, int place)
    {
        byte[] bytes = Sample().Encode();
        Assert.True(OtsFile.TryDecode(bytes, out _, out _));
        bytes[offset] = value;

        Assert.False(OtsFile.TryDecode(bytes, out _, out OtsError error));
        Assert.Equal(new OtsError(fault, place), error);
    }

    [Fact]
    public void A_result_may_have_4096_bytes_and_no_more()
    {
        byte[] fits = [.. Sample().Encode()[..HeaderBytes], 0xf0, 0xe0, 0x1f, .. new byte[4_064], .. Attestation];
        Assert.True(OtsFile.TryDecode(fits, out _, out OtsError error), error.Reason);

        byte[] over = [.. Sample().Encode()[..HeaderBytes], 0xf0, 0xe1, 0x1f, .. new byte[4_065], .. Attestation];
        Assert.False(OtsFile.TryDecode(over, out _, out error));
        Assert.Equal(new OtsError(OtsFault.ResultTooLong, HeaderBytes), error);

        byte[] argument = [.. Sample().Encode()[..HeaderBytes], 0xf0, 0x81, 0x20, .. new byte[4_097], .. Attestation];
        Assert.False(OtsFile.TryDecode(argument, out _, out error));
        Assert.Equal(new OtsError(OtsFault.ArgumentLength, HeaderBytes + 1), error);
    }

    [Fact]
    public void A_path_may_have_255_operations_and_no_more()
    {
        byte[] head = Sample().Encode()[..HeaderBytes];
        byte[] deep = [.. head, .. Enumerable.Repeat((byte)8, 255), .. Attestation];
        Assert.True(OtsFile.TryDecode(deep, out OtsFile? file, out OtsError error), error.Reason);
        Assert.Equal(OtsLimits.Depth, file.Timestamp.Depth);

        byte[] deeper = [.. head, .. Enumerable.Repeat((byte)8, 256), .. Attestation];
        Assert.False(OtsFile.TryDecode(deeper, out _, out error));
        Assert.Equal(new OtsError(OtsFault.TooDeep, HeaderBytes + 256), error);

        OtsPath path = new(Start);
        for (int i = 0; i < 255; i++)
        {
            path.Sha256();
        }

        Assert.True(path.TryEnd(new OtsAttestation.Bitcoin(new(1)), out _, out _));
        Assert.False(path.Sha256().TryEnd(new OtsAttestation.Bitcoin(new(1)), out _, out OtsFault fault));
        Assert.Equal(OtsFault.TooDeep, fault);
    }

    [Fact]
    public void Numbers_have_one_form_and_32_bits()
    {
        byte[] head = [.. Sample().Encode()[..HeaderBytes], 0xf0];
        Assert.True(OtsFile.TryDecode([.. head, 1, 7, .. Attestation], out _, out _));

        Assert.False(OtsFile.TryDecode([.. head, 0x81, 0x00, 7, .. Attestation], out _, out OtsError error));
        Assert.Equal(new OtsError(OtsFault.NumberNotShortest, HeaderBytes + 1), error);
        Assert.False(OtsFile.TryDecode([.. head, .. Enumerable.Repeat((byte)0xff, 40)], out _, out error));
        Assert.Equal(new OtsError(OtsFault.NumberTooLarge, HeaderBytes + 1), error);
        Assert.False(OtsFile.TryDecode([.. head, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], out _, out error));
        Assert.Equal(OtsFault.NumberTooLarge, error.Fault);
    }

    [Theory]
    [InlineData("https://calendar.example/x?y")]
    [InlineData("https://user@calendar.example")]
    [InlineData("https://[::1]/")]
    [InlineData("https://kalender.beispiel/ü")]
    public void A_calendars_address_has_no_character_that_could_carry_more(string uri)
    {
        Assert.Throws<ArgumentException>(() => new OtsAttestation.Pending(uri));
        byte[] text = System.Text.Encoding.Latin1.GetBytes(uri);
        byte[] bytes =
        [
            .. Sample().Encode()[..HeaderBytes],
            0, 0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e, (byte)(text.Length + 1), (byte)text.Length, .. text,
        ];

        Assert.False(OtsFile.TryDecode(bytes, out _, out OtsError error));
        Assert.Equal(new OtsError(OtsFault.UriNotAllowed, HeaderBytes + 10), error);
    }

    [Fact]
    public void A_file_longer_than_the_limit_is_refused_before_it_is_read()
    {
        Assert.False(OtsFile.TryDecode(new byte[OtsLimits.FileBytes + 1], out _, out OtsError error));
        Assert.Equal(OtsFault.TooLong, error.Fault);
    }

    [Fact]
    public void The_dearest_file_within_the_limit_is_read()
    {
        // Thousands of forks that each hash 4,096 bytes.
        byte[] head = [.. Sample().Encode()[..HeaderBytes], 0xf0, 0xe0, 0x1f, .. new byte[4_064]];
        byte[] fork = [0xff, 0x08, .. Attestation];
        byte[] bytes = [.. head, .. Enumerable.Repeat(fork, 4_000).SelectMany(item => item), .. Attestation];
        Assert.InRange(bytes.Length, 50_000, OtsLimits.FileBytes);

        Assert.True(OtsFile.TryDecode(bytes, out _, out _));
    }

    private static byte[] Attestation => [0, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 1, 1];

    private static OtsFile Sample()
    {
        OtsPath path = new OtsPath(Start).Append("a"u8).Sha256();
        Assert.True(path.TryEnd(
            new OtsAttestation.Bitcoin(new BitcoinHeight(100_000)), out OtsTimestamp? timestamp, out _));
        return new OtsFile(Start, timestamp);
    }
}
