using System.Text;
using System.Text.Json;
using Ledger.Core.Cbor;

namespace Ledger.Core.Tests.Cbor;

public sealed class CborValueTests
{
    [Fact]
    public void Keys_are_ordered_by_length_and_then_by_bytes_of_their_utf8()
    {
        // In UTF-16 the surrogates of the last one sort before U+FFFD; in UTF-8 they do not.
        CborMap map = CborMap.Of(("\U00010151", 1), ("\ufffda", 2), ("b", 3), ("aa", 4), ("a", 5), ("", 6));
        Assert.Equal(["", "a", "b", "aa", "\ufffda", "\U00010151"], map.Select(member => member.Key));
        Assert.True(CborValue.TryDecode(map.Encode(), out CborValue? read, out CborError error), error.ToString());
        Assert.Equal(map, read);
    }

    [Fact]
    public void A_key_may_not_stand_twice() =>
        Assert.Throws<ArgumentException>(() => CborMap.Of(("a", 1), ("b", 2), ("a", 3)));

    [Fact]
    public void An_absent_member_is_left_out()
    {
        CborMap map = CborMap.Of(("a", 1), ("b", null), ("c", CborNull.Value));
        Assert.Equal("{\"a\": 1, \"c\": null}", map.ToString());
        Assert.False(map.TryGet("b", out _));
        Assert.Throws<KeyNotFoundException>(() => map["b"]);
    }

    [Fact]
    public void With_adds_and_replaces_and_leaves_the_original_alone()
    {
        CborMap map = CborMap.Of(("a", 1));
        Assert.Equal("{\"a\": 2}", map.With("a", 2).ToString());
        Assert.Equal("{\"a\": 1, \"b\": 2}", map.With("b", 2).ToString());
        Assert.Equal("{\"a\": 1}", map.ToString());
    }

    [Fact]
    public void A_value_nested_too_deeply_is_not_written()
    {
        CborValue value = 1;
        for (int i = 0; i < Limits.CborDepth; i++)
        {
            value = CborArray.Of(value);
        }

        Assert.NotEmpty(value.Encode());
        Assert.Throws<InvalidOperationException>(() => CborArray.Of(value).Encode());
        Assert.Equal(CborArray.Of(value), CborArray.Of(value));
        Assert.NotEqual(CborArray.Of(value), value);
    }

    [Fact]
    public void A_lone_surrogate_is_no_text() => Assert.Throws<EncoderFallbackException>(() => new CborText("\ud800"));

    [Fact]
    public void An_integer_beyond_the_limit_is_no_value()
    {
        Assert.Equal((long)Limits.Integer, CborInteger.Of((long)Limits.Integer).Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => CborInteger.Of((long)Limits.Integer + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => CborInteger.Of(-(long)Limits.Integer - 1));
    }

    [Fact]
    public void A_byte_string_keeps_its_own_copy()
    {
        byte[] bytes = [1, 2];
        CborBytes value = new(bytes);
        bytes[0] = 9;
        Assert.Equal("h'0102'", value.ToString());
    }

    [Fact]
    public void What_could_deceive_a_terminal_is_escaped() =>
        Assert.Equal("\"\\u001b[2J\\u202e\\\"\\\\\\n\\u0085\\udb40\\udc41ü\"",
            new CborText("\u001b[2J\u202e\"\\\n\u0085\U000e0041ü").ToString());

    [Fact]
    public void Json_shows_bytes_as_hexadecimal()
    {
        CborMap map = CborMap.Of(
            ("b", new byte[] { 0xab, 0x01 }), ("n", -5), ("t", "x"), ("l", CborArray.Of(true, CborNull.Value)),
                ("m", CborMap.Empty));
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            map.WriteTo(writer);
        }

        Assert.Equal(
            """{"b":"ab01","l":[true,null],"m":{},"n":-5,"t":"x"}""", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void Decoding_bytes_that_were_never_checked_is_our_own_mistake() =>
        Assert.Throws<FormatException>(() => CborValue.Decode([0x18, 0x17]));
}
