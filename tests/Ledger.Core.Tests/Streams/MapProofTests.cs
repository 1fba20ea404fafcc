using Ledger.Core.Cbor;
using Ledger.Core.Streams;

namespace Ledger.Core.Tests.Streams;

public sealed class MapProofTests
{
    private const int Keys = 40;
    private static readonly MemoryNodes Nodes = new();
    private static readonly Digest Root =
        Nodes.Apply(StreamsMap.EmptyRoot, ReferenceMap.Of(Enumerable.Range(0, Keys))).Root;

    public static TheoryData<int> Numbers => [3, 17, 39, 41, 42, 43, 44, 45];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_proof_with_any_byte_changed_is_refused(int number)
    {
        StreamId key = ReferenceMap.Key(number);
        byte[] encoded = Nodes.Prove(Root, key).Encode();
        MapVerdict expected = number < Keys ? MapVerdict.Present(ReferenceMap.Value(number)) : MapVerdict.Absent;
        Assert.True(MapProof.TryDecode(encoded, out MapProof sound, out _));
        Assert.Equal(expected, sound.Verify(Root, key));
        for (int i = 0; i < encoded.Length * 8; i++)
        {
            byte[] changed = [.. encoded];
            changed[i / 8] ^= (byte)(1 << (i % 8));
            bool decoded = MapProof.TryDecode(changed, out MapProof proof, out CborError error);
            Assert.Equal(!decoded, error.Fault != CborFault.None);
            Assert.False(decoded && proof.Verify(Root, key) != MapVerdict.Invalid, $"bit {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_proof_cut_short_or_with_a_byte_more_is_refused(int number)
    {
        byte[] encoded = Nodes.Prove(Root, ReferenceMap.Key(number)).Encode();
        Assert.True(MapProof.TryDecode(encoded, out _, out _));
        for (int length = 0; length < encoded.Length; length++)
        {
            Assert.False(MapProof.TryDecode(encoded.AsSpan(0, length), out _, out CborError error));
            Assert.InRange(error.Offset, 0, length);
        }

        Assert.False(MapProof.TryDecode([.. encoded, 0xf6], out _, out CborError trailing));
        Assert.Equal(new CborError(CborFault.TrailingBytes, encoded.Length), trailing);
    }

    [Fact]
    public void A_proof_for_one_key_never_holds_for_another_that_stands_elsewhere()
    {
        for (int of = 0; of < Keys + 10; of++)
        {
            MapProof proof = Nodes.Prove(Root, ReferenceMap.Key(of));
            for (int asked = 0; asked < Keys + 10; asked++)
            {
                // Where it holds it must tell the truth: a way to an empty half serves every key that leads there.
                MapVerdict verdict = proof.Verify(Root, ReferenceMap.Key(asked));
                bool holds = asked == of || (asked >= Keys && verdict == MapVerdict.Absent);
                Assert.True(holds || verdict == MapVerdict.Invalid);
            }
        }
    }

    [Fact]
    public void A_proof_of_absence_ends_with_the_key_and_fails_under_the_next_root()
    {
        MemoryNodes nodes = new();
        Digest before = nodes.Apply(StreamsMap.EmptyRoot, ReferenceMap.Of(Enumerable.Range(0, 10))).Root;
        StreamId key = ReferenceMap.Key(10);
        MapProof absent = nodes.Prove(before, key);
        Assert.Equal(MapVerdict.Absent, absent.Verify(before, key));
        Digest after = nodes.Apply(before, ReferenceMap.Of([10])).Root;
        Assert.Equal(MapVerdict.Invalid, absent.Verify(after, key));
        Assert.Equal(MapVerdict.Absent, absent.Verify(before, key));
    }

    [Fact]
    public void The_own_leaf_never_passes_as_another_one()
    {
        StreamId key = ReferenceMap.Key(5);
        MapProof present = Nodes.Prove(Root, key);
        Assert.Equal(MapVerdict.Present(ReferenceMap.Value(5)), present.Verify(Root, key));
        MapProof twisted = MapProof.OfOtherLeaf(present.Siblings, key, ReferenceMap.Value(5));
        Assert.Equal(MapVerdict.Invalid, twisted.Verify(Root, key));
    }

    [Fact]
    public void An_inner_node_never_passes_as_a_leaf()
    {
        // The halves of the top node read as key and value: the tags keep the two apart.
        MapNode top = Nodes[Root];
        StreamId forged = new(top.Left);
        Assert.Equal(MapVerdict.Invalid, MapProof.OfValue([], top.Right).Verify(Root, forged));
        Assert.Equal(MapVerdict.Invalid, MapProof.OfOtherLeaf([], forged, top.Right).Verify(Root, ReferenceMap.Key(1)));
        Assert.Equal(MapVerdict.Absent, Nodes.Prove(Root, forged).Verify(Root, forged));
    }

    /// <summary>
    /// A root that hides a key: its leaf stands in the wrong half. Who followed the hashes alone would call a third key
    /// absent by showing that leaf; the comparison of the bits is what refuses it.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_leaf_off_its_way_proves_nothing_unless_its_way_is_not_compared(bool compared)
    {
        StreamId low = new(Digest.ParseHex("10" + new string('0', 62)));
        StreamId high = new(Digest.ParseHex("90" + new string('0', 62)));
        StreamId asked = new(Digest.ParseHex("50" + new string('0', 62)));
        (Digest lowLeaf, Digest highLeaf) = (ReferenceMap.Leaf(low, default), ReferenceMap.Leaf(high, default));
        Digest honest = ReferenceMap.Inner(lowLeaf, highLeaf);
        Assert.Equal(MapVerdict.Absent, Verify(MapProof.OfOtherLeaf([highLeaf], low, default), honest));

        Digest false_ = ReferenceMap.Inner(highLeaf, lowLeaf);
        MapVerdict verdict = Verify(MapProof.OfOtherLeaf([lowLeaf], high, default), false_);
        Assert.Equal(compared ? MapVerdict.Invalid : MapVerdict.Absent, verdict);

        MapVerdict Verify(MapProof proof, Digest root) => compared
            ? proof.Verify(root, asked)
            : ReferenceMap.Inner(ReferenceMap.Leaf(proof.OtherKey, proof.Value), proof.Siblings[0]) == root
                ? MapVerdict.Absent
                : MapVerdict.Invalid;
    }

    [Fact]
    public void A_leaf_that_did_not_collapse_cannot_be_written_down()
    {
        StreamId key = ReferenceMap.Key(1);
        Digest lone = ReferenceMap.Leaf(key, ReferenceMap.Value(1));
        Assert.Equal(MapVerdictKind.Present, MapProof.OfValue([], ReferenceMap.Value(1)).Verify(lone, key).Kind);
        Assert.Throws<ArgumentException>(() => MapProof.OfValue([Digest.Zero], ReferenceMap.Value(1)));
        Assert.Throws<ArgumentException>(() => MapProof.OfNothing([lone, Digest.Zero]));
        Assert.False(MapProof.TryDecode(Written(0xf6, [0x00], []), out _, out CborError error));
        Assert.Equal(CborFault.WrongValue, error.Fault);
        Digest stretched = key.Value.Bit(0) ? ReferenceMap.Inner(default, lone) : ReferenceMap.Inner(lone, default);
        Assert.Equal(MapVerdict.Invalid, MapProof.OfValue([], ReferenceMap.Value(1)).Verify(stretched, key));
    }

    [Fact]
    public void Nothing_but_the_own_leaf_stands_at_depth_256()
    {
        Digest[] siblings = [.. Enumerable.Repeat(ReferenceMap.Value(0), 257)];
        Assert.Equal(256, MapProof.OfValue([.. siblings[..256]], default).Siblings.Length);
        Assert.Equal(255, MapProof.OfNothing([.. siblings[..255]]).Siblings.Length);
        Assert.Throws<ArgumentException>(() => MapProof.OfValue([.. siblings], default));
        Assert.Throws<ArgumentException>(() => MapProof.OfNothing([.. siblings[..256]]));
        StreamId other = ReferenceMap.Key(0);
        Assert.Throws<ArgumentException>(() => MapProof.OfOtherLeaf([.. siblings[..256]], other, default));
    }

    [Fact]
    public void Two_encodings_of_one_proof_do_not_exist()
    {
        Digest one = ReferenceMap.Value(1);
        Assert.True(MapProof.TryDecode(Written(0xf6, [0x80], [one]), out MapProof proof, out _));
        Assert.Equal(Written(0xf6, [0x80], [one]), proof.Encode());
        Refused(Written(0xf6, [0x80, 0x00], [one]), CborFault.WrongValue);
        Refused(Written(0xf6, [0x80], [Digest.Zero]), CborFault.WrongValue);
        Refused(Written(0xf6, [0xc0], [Digest.Zero, one]), CborFault.WrongValue);
        Refused(Written(0xf6, [0x80], []), CborFault.WrongCount);
        Refused(Written(0xf6, [0xc0], [one]), CborFault.WrongCount);
        Refused(Written(0xf6, [], [one]), CborFault.WrongCount);
        Refused(Written(0xf4, [0x80], [one]), CborFault.UnexpectedType);
        Refused(Written(0xf6, Enumerable.Repeat((byte)0xff, 33).ToArray(), []), CborFault.WrongLength);

        static void Refused(byte[] encoded, CborFault fault)
        {
            Assert.False(MapProof.TryDecode(encoded, out MapProof refused, out CborError error));
            Assert.Equal(fault, error.Fault);
            Assert.Same(MapProof.Empty, refused);
        }
    }

    [Fact]
    public void A_proof_reads_as_a_part_of_a_larger_document()
    {
        StreamId key = ReferenceMap.Key(9);
        CborWriter writer = new();
        Nodes.Prove(Root, key).WriteTo(writer.Array(2).Unsigned(7));
        CborReader reader = new(writer.WrittenSpan);
        Assert.True(reader.TryReadArray(2) && reader.TryReadUnsigned(out _));
        Assert.True(MapProof.TryRead(ref reader, out MapProof proof) && reader.EndArray() && reader.TryFinish());
        Assert.Equal(MapVerdict.Present(ReferenceMap.Value(9)), proof.Verify(Root, key));
    }

    [Fact]
    public void The_empty_map_holds_no_key()
    {
        StreamId key = ReferenceMap.Key(0);
        Assert.Equal(MapVerdict.Absent, MapProof.Empty.Verify(StreamsMap.EmptyRoot, key));
        Assert.Equal(MapVerdict.Invalid, MapProof.Empty.Verify(Root, key));
        Assert.Equal(MapVerdict.Invalid, Nodes.Prove(Root, key).Verify(StreamsMap.EmptyRoot, key));
    }

    [Fact]
    public void A_node_of_another_form_is_not_read()
    {
        byte[] encoded = new byte[MapNode.EncodedBytes];
        MapNode.Inner(ReferenceMap.Value(1), default).Encode(encoded);
        Assert.True(MapNode.TryDecode(encoded, out MapNode node));
        Assert.Equal(ReferenceMap.Inner(ReferenceMap.Value(1), default), node.Hash);
        Assert.Throws<InvalidOperationException>(() => node.Key);
        Assert.False(MapNode.TryDecode(encoded.AsSpan(1), out _));
        Assert.False(MapNode.TryDecode([.. encoded, 0], out _));
        foreach (byte tag in (byte[])[0, 1, 4, 0xff])
        {
            encoded[0] = tag;
            Assert.False(MapNode.TryDecode(encoded, out _));
        }

        Assert.False(MapNode.TryDecode([3, .. new byte[64]], out _));
    }

    private static byte[] Written(byte end, byte[] mask, Digest[] path)
    {
        CborWriter writer = new();
        writer.Map(3).Text("end"u8).Raw([end]).Text("mask"u8).Bytes(mask).Text("path"u8).Array(path.Length);
        foreach (Digest digest in path)
        {
            writer.Bytes(digest);
        }

        return writer.ToArray();
    }
}
