using Ledger.Core.Cbor;

namespace Ledger.Core.Tests.Cbor;

public sealed class CborReaderTests
{
    /// <summary>
    /// Each with the fault and the offset of the item to blame, written down before the reader was asked.
    /// </summary>
    public static TheoryData<string, CborFault, int, string> Refused => new()
    {
        { "", CborFault.Truncated, 0, "nothing at all" },
        { "18", CborFault.Truncated, 0, "a head without its argument" },
        { "1a000001", CborFault.Truncated, 0, "an argument cut short" },
        { "43aabb", CborFault.Truncated, 0, "bytes cut short" },
        { "62e2", CborFault.Truncated, 0, "a text cut short" },
        { "8201", CborFault.Truncated, 0, "an array that promises more than there is" },
        { "a10102", CborFault.KeyNotText, 1, "an integer as a key" },
        { "a1", CborFault.Truncated, 0, "a map without its member" },
        { "9bffffffffffffffff", CborFault.Truncated, 0, "an array of 2^64 - 1 items" },
        { "bbffffffffffffffff", CborFault.Truncated, 0, "a map of 2^64 - 1 members" },
        { "5bffffffffffffffff", CborFault.Truncated, 0, "bytes of length 2^64 - 1" },
        { "7b7fffffffffffffff00", CborFault.Truncated, 0, "a text of length 2^63 - 1" },
        { "0000", CborFault.TrailingBytes, 1, "two items" },
        { "1817", CborFault.NotShortest, 0, "23 in two bytes" },
        { "190017", CborFault.NotShortest, 0, "23 in three bytes" },
        { "1900ff", CborFault.NotShortest, 0, "255 in three bytes" },
        { "1a0000ffff", CborFault.NotShortest, 0, "65535 in five bytes" },
        { "1b00000000ffffffff", CborFault.NotShortest, 0, "2^32 - 1 in nine bytes" },
        { "3817", CborFault.NotShortest, 0, "-24 in two bytes" },
        { "5801aa", CborFault.NotShortest, 0, "a length in two bytes" },
        { "780161", CborFault.NotShortest, 0, "a text length in two bytes" },
        { "980100", CborFault.NotShortest, 0, "a count in two bytes" },
        { "b801616100", CborFault.NotShortest, 0, "a count of members in two bytes" },
        { "811817", CborFault.NotShortest, 1, "inside an array" },
        { "5f41aaff", CborFault.IndefiniteLength, 0, "indefinite bytes" },
        { "7f6161ff", CborFault.IndefiniteLength, 0, "an indefinite text" },
        { "9fff", CborFault.IndefiniteLength, 0, "an indefinite array" },
        { "bfff", CborFault.IndefiniteLength, 0, "an indefinite map" },
        { "ff", CborFault.IndefiniteLength, 0, "a break" },
        { "1c", CborFault.ReservedHead, 0, "a reserved head" },
        { "5d", CborFault.ReservedHead, 0, "reserved bytes" },
        { "fc", CborFault.ReservedHead, 0, "a reserved simple head" },
        { "1b0020000000000000", CborFault.IntegerRange, 0, "2^53" },
        { "1bffffffffffffffff", CborFault.IntegerRange, 0, "2^64 - 1" },
        { "3b001fffffffffffff", CborFault.IntegerRange, 0, "-2^53" },
        { "3bfffffffffffffffe", CborFault.IntegerRange, 0, "-2^64 + 1" },
        { "3bffffffffffffffff", CborFault.IntegerRange, 0, "-2^64, which must not wrap to 0" },
        { "f90000", CborFault.FloatingPoint, 0, "a half" },
        { "fa00000000", CborFault.FloatingPoint, 0, "a single" },
        { "fb0000000000000000", CborFault.FloatingPoint, 0, "a double" },
        { "f7", CborFault.SimpleValue, 0, "undefined" },
        { "e0", CborFault.SimpleValue, 0, "simple 0" },
        { "f3", CborFault.SimpleValue, 0, "simple 19" },
        { "f820", CborFault.SimpleValue, 0, "simple 32" },
        { "f8f4", CborFault.SimpleValue, 0, "false in two bytes" },
        { "c001", CborFault.UnexpectedTag, 0, "a tag" },
        { "d81801", CborFault.UnexpectedTag, 0, "a tag in two bytes" },
        { "81c249010000000000000000", CborFault.UnexpectedTag, 1, "a big number" },
        { "61ff", CborFault.InvalidUtf8, 0, "no UTF-8" },
        { "62c080", CborFault.InvalidUtf8, 0, "an overlong zero" },
        { "63eda080", CborFault.InvalidUtf8, 0, "half a surrogate pair" },
        { "64f4908080", CborFault.InvalidUtf8, 0, "beyond the last code point" },
        { "a161ff00", CborFault.InvalidUtf8, 1, "a key that is no UTF-8" },
        { "a1410100", CborFault.KeyNotText, 1, "bytes as a key" },
        { "a1f600", CborFault.KeyNotText, 1, "null as a key" },
        { "a2616200616100", CborFault.KeysNotAscending, 4, "b before a" },
        { "a262616100616100", CborFault.KeysNotAscending, 5, "a longer key before a shorter one" },
        { "a2616100616100", CborFault.DuplicateKey, 4, "a key twice" },
        { "818181818181818180", CborFault.TooDeep, 8, "nine arrays" },
        { "8181818181818181a0", CborFault.TooDeep, 8, "a map in eight arrays" },
        { "a1616181818181818181a0", CborFault.TooDeep, 10, "a map in seven arrays in a map" },
    };

    public static TheoryData<string, string> Accepted => new()
    {
        { "00", "0" },
        { "17", "23" },
        { "1818", "24" },
        { "18ff", "255" },
        { "190100", "256" },
        { "1a00010000", "65536" },
        { "1b0000000100000000", "4294967296" },
        { "1b001fffffffffffff", "9007199254740991" },
        { "20", "-1" },
        { "3818", "-25" },
        { "3b001ffffffffffffe", "-9007199254740991" },
        { "40", "h''" },
        { "4401020304", "h'01020304'" },
        { "60", "\"\"" },
        { "62c3bc", "\"ü\"" },
        { "64f0908591", "\"\U00010151\"" },
        { "6100", "\"\\u0000\"" },
        { "63e280ae", "\"\\u202e\"" },
        { "80", "[]" },
        { "83010203", "[1, 2, 3]" },
        { "a0", "{}" },
        { "a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}" },
        { "f4", "false" },
        { "f5", "true" },
        { "f6", "null" },
        { "8181818181818180", "[[[[[[[[]]]]]]]]" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_not_deterministic_is_refused_with_reason_and_offset(
        string hex, CborFault fault, int offset, string what)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.False(CborValue.TryDecode(bytes, out _, out CborError error), what);
        Assert.Equal(new CborError(fault, offset), error);

        CborReader reader = new(bytes);
        Assert.False(reader.TrySkip() && reader.TryFinish(), what);
        Assert.Equal(new CborError(fault, offset), reader.Error);
        Assert.NotEmpty(error.Reason);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public void What_is_deterministic_is_read_and_shown(string hex, string shown)
    {
        Assert.True(CborValue.TryDecode(Convert.FromHexString(hex), out CborValue? value, out CborError error),
            error.ToString());
        Assert.Equal(shown, value.ToString());
        Assert.Equal(hex, Convert.ToHexStringLower(value.Encode()));
    }

    [Fact]
    public void After_the_first_fault_every_read_fails_and_the_fault_stays()
    {
        CborReader reader = new([0x82, 0xf7, 0x01]);
        Assert.True(reader.TryReadArray(2));
        Assert.False(reader.TryReadUnsigned(out _));
        CborError first = reader.Error;
        Assert.Equal(new CborError(CborFault.SimpleValue, 1), first);
        Assert.False(reader.TryReadUnsigned(out _));
        Assert.False(reader.TryReadText(out _));
        Assert.False(reader.TryReadMap(out _));
        Assert.False(reader.TryReadNull());
        Assert.False(reader.SkipIfNull());
        Assert.False(reader.TrySkip());
        Assert.False(reader.EndArray());
        Assert.False(reader.TryFinish());
        Assert.Equal(CborType.None, reader.Peek());
        Assert.Equal(first, reader.Error);
    }

    [Fact]
    public void A_missing_member_and_an_unknown_one_are_told_apart()
    {
        static CborError Read(ReadOnlySpan<byte> bytes)
        {
            CborReader reader = new(bytes);
            _ = reader.TryReadMap(out CborMapScope scope)
                && reader.TryReadKey(ref scope, "b"u8) && reader.TryReadUnsigned(out _)
                && (!reader.TryReadOptionalKey(ref scope, "c"u8) || reader.TryReadUnsigned(out _))
                && reader.TryReadKey(ref scope, "dd"u8) && reader.TryReadUnsigned(out _)
                && reader.EndMap(scope) && reader.TryFinish();
            return reader.Error;
        }

        static byte[] Map(params (string Key, CborValue? Value)[] members) => CborMap.Of(members).Encode();

        Assert.Equal(CborFault.None, Read(Map(("b", 1), ("dd", 2))).Fault);
        Assert.Equal(CborFault.None, Read(Map(("b", 1), ("c", 3), ("dd", 2))).Fault);
        Assert.Equal(new CborError(CborFault.UnknownMember, 1), Read(Map(("a", 0), ("b", 1), ("dd", 2))));
        Assert.Equal(new CborError(CborFault.MissingMember, 1), Read(Map(("c", 1), ("dd", 2))));
        Assert.Equal(new CborError(CborFault.MissingMember, 4), Read(Map(("b", 1))));
        Assert.Equal(new CborError(CborFault.UnknownMember, 8), Read(Map(("b", 1), ("dd", 2), ("eee", 3))));
        Assert.Equal(new CborError(CborFault.UnknownMember, 4), Read(Map(("b", 1), ("d", 2), ("dd", 3))));
    }

    [Fact]
    public void A_type_that_was_not_asked_for_is_refused_where_it_stands()
    {
        (byte[] Bytes, Func<byte[], CborError> Read)[] cases =
        [
            ([0x61, 0x61], bytes => { CborReader r = new(bytes); r.TryReadUnsigned(out _); return r.Error; }),
            ([0x20], bytes => { CborReader r = new(bytes); r.TryReadUnsigned(out _); return r.Error; }),
            ([0x00], bytes => { CborReader r = new(bytes); r.TryReadText(out _); return r.Error; }),
            ([0x60], bytes => { CborReader r = new(bytes); r.TryReadBytes(out _); return r.Error; }),
            ([0xa0], bytes => { CborReader r = new(bytes); r.TryReadArray(out _); return r.Error; }),
            ([0x80], bytes => { CborReader r = new(bytes); r.TryReadMap(out _); return r.Error; }),
            ([0xf6], bytes => { CborReader r = new(bytes); r.TryReadBoolean(out _); return r.Error; }),
            ([0xf4], bytes => { CborReader r = new(bytes); r.TryReadNull(); return r.Error; }),
            ([0x00], bytes => { CborReader r = new(bytes); r.TryReadTag(18); return r.Error; }),
        ];
        foreach ((byte[] bytes, Func<byte[], CborError> read) in cases)
        {
            Assert.Equal(new CborError(CborFault.UnexpectedType, 0), read(bytes));
        }
    }

    [Fact]
    public void Rejecting_allocates_nothing()
    {
        byte[][] inputs = [.. Refused.Select(row => Convert.FromHexString((string)((object[])row)[0]))];
        Skip(inputs);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Skip(inputs);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Skip(byte[][] inputs)
        {
            foreach (byte[] input in inputs)
            {
                CborReader reader = new(input);
                if (reader.TrySkip() && reader.TryFinish())
                {
                    throw new InvalidOperationException("Accepted.");
                }
            }
        }
    }
}
