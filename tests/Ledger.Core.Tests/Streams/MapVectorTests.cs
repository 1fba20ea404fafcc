using System.Text.Json;
using Ledger.Core.Cbor;
using Ledger.Core.Streams;
using Ledger.Core.Tests.Log;

namespace Ledger.Core.Tests.Streams;

/// <summary>What the JavaScript derived, against what the product computes.</summary>
public sealed class MapVectorTests
{
    [Fact]
    public void Roots_and_proofs_are_those_of_the_vectors()
    {
        foreach (JsonElement item in Vectors.Load("map/maps.json").Items("maps"))
        {
            MemoryNodes nodes = new();
            Digest root = nodes.Apply(StreamsMap.EmptyRoot, item.Items("leaves").Select(Leaf)).Root;
            Assert.Equal(item.Hash("root"), root);
            foreach (JsonElement expected in item.Items("proofs"))
            {
                StreamId key = new(expected.Hash("key"));
                byte[] encoded = nodes.Prove(root, key).Encode();
                Assert.Equal(expected.Text("proof"), Convert.ToHexStringLower(encoded));
                Assert.True(MapProof.TryDecode(encoded, out MapProof proof, out CborError error), error.ToString());
                Assert.Equal(encoded, proof.Encode());
                MapVerdict verdict = expected.Text("verdict") == "present"
                    ? MapVerdict.Present(expected.Hash("value"))
                    : MapVerdict.Absent;
                Assert.Equal(verdict, proof.Verify(root, key));
            }
        }
    }

    [Fact]
    public void What_the_vectors_refuse_is_refused_at_the_same_stage()
    {
        foreach (JsonElement item in Vectors.Load("map/refused.json").Items("cases"))
        {
            bool decoded = MapProof.TryDecode(item.Bytes("proof"), out MapProof proof, out CborError error);
            Assert.True(decoded == (item.Text("refused") == "root"), $"{item.Text("why")}: {error}");
            MapVerdict verdict = proof.Verify(item.Hash("root"), new StreamId(item.Hash("key")));
            Assert.True(verdict == MapVerdict.Invalid, item.Text("why"));
        }
    }

    private static KeyValuePair<StreamId, Digest> Leaf(JsonElement pair) =>
        new(new StreamId(Digest.ParseHex(pair[0].GetString()!)), Digest.ParseHex(pair[1].GetString()!));
}
