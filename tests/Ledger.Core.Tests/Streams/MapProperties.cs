using FsCheck;
using FsCheck.Fluent;
using Ledger.Core.Streams;

namespace Ledger.Core.Tests.Streams;

public sealed class MapProperties
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(100);

    /// <summary>
    /// Keys that share long beginnings are the ones that grow, push leaves down, and leave halves empty.
    /// </summary>
    private static readonly Gen<StreamId> KeyGen =
        from shared in Gen.Choose(0, 31)
        from fill in Gen.Elements<byte>(0x00, 0xff, 0x5a)
        from next in Gen.Choose(0, 255)
        from last in Gen.Choose(0, 3)
        select new StreamId(new Digest(KeyBytes(shared, fill, (byte)next, (byte)last)));

    private static readonly Gen<StreamId[]> KeysGen = KeyGen.ArrayOf();

    [Fact]
    public void Any_order_and_grouping_of_changes_gives_the_root_of_the_definition()
    {
        var histories = from keys in KeysGen
                        from batch in Gen.Choose(1, 7)
                        select (keys, batch);
        Prop.ForAll(histories.ToArbitrary(), history =>
        {
            MemoryNodes nodes = new();
            SortedDictionary<StreamId, Digest> map = [];
            Digest root = StreamsMap.EmptyRoot;
            int number = 0;
            foreach (StreamId[] keys in history.keys.Chunk(history.batch))
            {
                SortedDictionary<StreamId, Digest> changes = [];
                foreach (StreamId key in keys)
                {
                    changes[key] = map[key] = ReferenceMap.Value(number++);
                }

                root = nodes.Apply(root, changes).Root;
                Assert.Equal(ReferenceMap.Root(map), root);
            }
        }).Check(Config);
    }

    [Fact]
    public void Every_key_is_proven_present_or_absent_as_it_is()
    {
        var questions = from held in KeysGen
                        from asked in KeysGen
                        select (held, asked);
        Prop.ForAll(questions.ToArbitrary(), question =>
        {
            SortedDictionary<StreamId, Digest> map = [];
            foreach (StreamId key in question.held)
            {
                map[key] = ReferenceMap.Value(map.Count);
            }

            MemoryNodes nodes = new();
            Digest root = nodes.Apply(StreamsMap.EmptyRoot, map).Root;
            foreach (StreamId key in question.held.Concat(question.asked))
            {
                bool held = map.TryGetValue(key, out Digest value);
                MapVerdict expected = held ? MapVerdict.Present(value) : MapVerdict.Absent;
                byte[] encoded = nodes.Prove(root, key).Encode();
                Assert.True(MapProof.TryDecode(encoded, out MapProof proof, out _));
                Assert.Equal(expected, proof.Verify(root, key));
                Assert.Equal(encoded, proof.Encode());
            }
        }).Check(Config);
    }

    [Fact]
    public void Any_bytes_are_a_proof_with_one_encoding_or_a_fault()
    {
        var inputs = from key in KeyGen
                     from place in Gen.Choose(0, 400)
                     from noise in Gen.Choose(0, 255)
                     select (key, place, noise);
        MemoryNodes nodes = new();
        Digest root = nodes.Apply(StreamsMap.EmptyRoot, ReferenceMap.Of(Enumerable.Range(0, 64))).Root;
        Prop.ForAll(inputs.ToArbitrary(), input =>
        {
            byte[] bytes = nodes.Prove(root, input.key).Encode();
            bytes[input.place % bytes.Length] = (byte)input.noise;
            if (MapProof.TryDecode(bytes, out MapProof proof, out _))
            {
                Assert.Equal(bytes, proof.Encode());
            }
        }).Check(Config.WithMaxTest(1_000));
    }

    private static byte[] KeyBytes(int shared, byte fill, byte next, byte last)
    {
        byte[] bytes = new byte[Digest.Size];
        bytes.AsSpan(0, shared).Fill(fill);
        bytes[shared] = next;
        bytes[^1] = last;
        return bytes;
    }
}
