using System.Text.Json;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Core.Tests.Log;

namespace Ledger.Core.Tests.Chain;

/// <summary>What the JavaScript derived from the specification, against what the product writes and reads.</summary>
public sealed class ChainVectorTests
{
    [Fact]
    public void Genesis_documents_have_the_bytes_and_the_chain_id_of_the_vectors()
    {
        foreach (JsonElement item in ChainVectors.Load("genesis.json").Items("cases"))
        {
            byte[] bytes = item.Bytes("bytes");
            GenesisDocument made = ChainVectors.Genesis(item.GetProperty("value"));
            Assert.Equal(bytes, made.Encode());
            Assert.True(GenesisDocument.TryParse(bytes, out GenesisDocument read, out CborError error), error.ToString());
            Assert.Equal(bytes, read.Encode());
            Assert.Equal(item.Hash("chain"), made.Chain.Value);
            Assert.Equal(made.Chain, read.Chain);
            Assert.Equal(item.Hash("configuration"), read.Configuration.Digest);
        }
    }

    [Fact]
    public void A_configuration_reads_alike_by_itself_and_inside_a_genesis_document()
    {
        foreach (JsonElement item in ChainVectors.Load("genesis.json").Items("cases"))
        {
            byte[] bytes = ChainVectors.Configuration(item.GetProperty("value").GetProperty("configuration")).Encode();
            Assert.True(Configuration.TryParse(bytes, out Configuration read, out CborError error), error.ToString());
            Assert.Equal(item.Hash("configuration"), read.Digest);
            Assert.Equal(item.Hash("configuration"), Digest.Of(bytes));
            Assert.Equal(bytes, item.Bytes("bytes")[^bytes.Length..]);
        }
    }

    [Fact]
    public void Blocks_have_the_bytes_and_the_digests_of_the_vectors()
    {
        foreach (JsonElement item in ChainVectors.Load("blocks.json").Items("blocks"))
        {
            (JsonElement header, JsonElement body, JsonElement commit) =
                (item.GetProperty("header"), item.GetProperty("body"), item.GetProperty("commit"));
            Check(header.Bytes("bytes"), ChainVectors.Header(header.GetProperty("value")).Encode());
            Check(body.Bytes("bytes"), ChainVectors.Body(body.GetProperty("value")).Encode());
            Check(commit.Bytes("bytes"), ChainVectors.Commit(commit.GetProperty("value")).Encode());

            Assert.True(Header.TryParse(header.Bytes("bytes"), out Header readHeader, out CborError error), error.ToString());
            Assert.True(BlockBody.TryParse(body.Bytes("bytes"), out BlockBody readBody, out error), error.ToString());
            Assert.True(Commit.TryParse(commit.Bytes("bytes"), out Commit readCommit, out error), error.ToString());
            Assert.Equal(header.Hash("id"), readHeader.Id.Value);
            Assert.Equal(body.Hash("digest"), readBody.Digest);
            Assert.Equal(commit.Hash("digest"), readCommit.Digest);
            Assert.Equal(readHeader.Body, readBody.Digest);
            Assert.Equal(readHeader.Id, readCommit.Block);
            Check(header.Bytes("bytes"), readHeader.Encode());
            Check(body.Bytes("bytes"), readBody.Encode());
            Check(commit.Bytes("bytes"), readCommit.Encode());
        }
    }

    [Fact]
    public void The_pieces_of_a_header_are_its_bytes()
    {
        foreach (JsonElement item in ChainVectors.Load("blocks.json").Items("blocks"))
        {
            JsonElement header = item.GetProperty("header");
            Assert.Equal(header.Text("bytes"), Pieces(header));
            Assert.Equal(14, header.GetProperty("layout").GetArrayLength());
        }
    }

    [Fact]
    public void Bodies_have_the_bytes_and_the_digest_of_the_vectors()
    {
        foreach (JsonElement item in ChainVectors.Load("blocks.json").Items("bodies"))
        {
            BlockBody made = ChainVectors.Body(item.GetProperty("value"));
            Check(item.Bytes("bytes"), made.Encode());
            Assert.Equal(item.Hash("digest"), made.Digest);
            Assert.True(BlockBody.TryParse(item.Bytes("bytes"), out BlockBody read, out CborError error), error.ToString());
            Check(item.Bytes("bytes"), read.Encode());
            Assert.Equal(item.GetProperty("value").GetProperty("records").GetArrayLength() == 0, read.IsEmpty);
        }
    }

    [Fact]
    public void The_first_block_commits_to_its_records_and_to_the_streams_after_them()
    {
        JsonElement file = ChainVectors.Load("blocks.json");
        Header first = ChainVectors.Header(file.GetProperty("blocks")[0].GetProperty("header").GetProperty("value"));
        EntryHash[] entries = [.. file.Items("records").Select(record => new EntryHash(record.Hash("entry")))];
        LogAppend log = LogFrontier.Empty.Append(entries);
        Assert.Equal((first.Size, first.Root), (log.Frontier.Size, log.Frontier.Root));

        MapChange[] changes = [.. file.Items("states")
            .Select(state => new MapChange(new StreamId(state.Hash("stream")), state.Hash("value")))
            .OrderBy(change => change.Key)];
        Assert.All(file.Items("states"), state => Assert.Equal(state.Hash("value"), Digest.Of(state.Bytes("state"))));
        Assert.True(StreamsMap.TryApply(new NoNodes(), StreamsMap.EmptyRoot, changes, out MapUpdate map, out _));
        Assert.Equal(first.Streams, map.Root);
    }

    [Fact]
    public void The_second_block_names_the_first_one_and_its_commit()
    {
        JsonElement blocks = ChainVectors.Load("blocks.json").GetProperty("blocks");
        Header first = ChainVectors.Header(blocks[0].GetProperty("header").GetProperty("value"));
        Header second = ChainVectors.Header(blocks[1].GetProperty("header").GetProperty("value"));
        GenesisDocument genesis = ChainVectors.Genesis(ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("value"));
        Assert.Equal((first.Id, first.Height.Next), (second.Previous, second.Height));
        Assert.Equal(ChainVectors.Commit(blocks[0].GetProperty("commit").GetProperty("value")).Digest, second.Commit);
        Assert.Equal((default, Digest.Zero), (first.Previous, first.Commit));
        Assert.All((Header[])[first, second], header =>
            Assert.Equal((genesis.Chain, genesis.Configuration.Digest, genesis.Configuration.Digest),
                (header.Chain, header.Validators, header.Next)));
    }

    internal static string Pieces(JsonElement item) =>
        string.Concat(item.Items("layout").Select(piece => piece[0].GetString()));

    private static void Check(byte[] expected, byte[] actual) =>
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(actual));

    private sealed class NoNodes : IMapNodes
    {
        public bool TryGet(in Digest hash, out MapNode node)
        {
            node = default;
            return false;
        }
    }
}
