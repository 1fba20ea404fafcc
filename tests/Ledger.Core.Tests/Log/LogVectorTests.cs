using System.Text;
using System.Text.Json;
using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

/// <summary>What the JavaScript derived, against what the product computes.</summary>
public sealed class LogVectorTests
{
    private static readonly LogFrontier Frontier;
    private static readonly MemoryTiles Tiles = new();

    static LogVectorTests()
    {
        LogAppend append = LogFrontier.Empty.Append(ReferenceTree.Entries(70_000));
        Tiles.Save(append);
        Frontier = append.Frontier;
    }

    [Fact]
    public void Certificate_Transparency_s_published_roots_and_proofs_are_ours()
    {
        JsonElement file = Vectors.Load("log/certificate-transparency.json");
        IEnumerable<byte[]> entries = file.Items("entries").Select(data => Convert.FromHexString(data.GetString()!));
        LeafHash[] leaves = [.. entries.Select(entry => LeafHash.Of(entry))];
        Digest[] roots = [.. file.Hashes("roots")];
        MemoryTiles tiles = MemoryTiles.Of(leaves);
        Assert.Equal(TreeHash.Empty, roots[0]);
        for (int size = 0; size <= leaves.Length; size++)
        {
            Assert.Equal(roots[size], LogFrontier.Empty.AppendLeaves(leaves.AsSpan(0, size)).Frontier.Root);
            Assert.True(LogProofs.TryRoot(tiles, new TreeSize((ulong)size), out Digest root, out _));
            Assert.Equal(roots[size], root);
        }

        foreach (JsonElement item in file.Items("inclusion"))
        {
            LogIndex index = new(item.Number("index"));
            TreeSize size = new(item.Number("size"));
            Assert.True(LogProofs.TryInclusion(tiles, index, size, out InclusionProof proof, out _));
            Assert.Equal(item.Hashes("path").AsEnumerable(), proof.Path);
            (LeafHash leaf, Digest root) = (leaves[(int)index.Value], roots[(int)size.Value]);
            Assert.True(InclusionProof.Verify(leaf, index, size, proof.Path.AsSpan(), root));
        }

        foreach (JsonElement item in file.Items("consistency"))
        {
            (TreeSize from, TreeSize to) = (new(item.Number("from")), new(item.Number("to")));
            Assert.True(LogProofs.TryConsistency(tiles, from, to, out ConsistencyProof proof, out _));
            Assert.Equal(item.Hashes("path").AsEnumerable(), proof.Path);
            Assert.True(proof.Verify(roots[(int)from.Value], roots[(int)to.Value]));
        }
    }

    [Fact]
    public void Roots_are_those_of_the_vectors()
    {
        foreach (JsonElement item in Vectors.Load("log/roots.json").Items("roots"))
        {
            Assert.True(LogProofs.TryRoot(Tiles, new TreeSize(item.Number("size")), out Digest root, out _));
            Assert.Equal(item.Hash("root"), root);
        }

        Assert.Equal(70_000UL, Frontier.Size.Value);
    }

    [Fact]
    public void Inclusion_proofs_are_accepted_and_refused_as_in_the_vectors()
    {
        foreach (JsonElement item in Vectors.Load("log/inclusion.json").Items("cases"))
        {
            LogIndex index = new(item.Number("index"));
            TreeSize size = new(item.Number("size"));
            Digest[] path = [.. item.Hashes("path")];
            bool valid = item.GetProperty("valid").GetBoolean();
            EntryHash entry = new(item.Hash("entry"));
            Assert.Equal(valid, InclusionProof.Verify(entry, index, size, path, item.Hash("root")));
            if (valid)
            {
                Assert.True(LogProofs.TryInclusion(Tiles, index, size, out InclusionProof proof, out _));
                Assert.Equal(path, proof.Path);
                Assert.True(proof.TrySteps(out var steps));
                Assert.Equal(
                    item.Items("sides").Select(side => side.GetString()),
                    steps.Select(step => step.Side == ProofSide.Left ? "left" : "right"));
            }
        }
    }

    [Fact]
    public void Consistency_proofs_are_accepted_and_refused_as_in_the_vectors()
    {
        foreach (JsonElement item in Vectors.Load("log/consistency.json").Items("cases"))
        {
            TreeSize from = new(item.Number("from"));
            TreeSize to = new(item.Number("to"));
            Digest[] path = [.. item.Hashes("path")];
            bool valid = item.GetProperty("valid").GetBoolean();
            Assert.Equal(valid, ConsistencyProof.Verify(from, to, path, item.Hash("fromRoot"), item.Hash("toRoot")));
            if (valid)
            {
                Assert.True(LogProofs.TryConsistency(Tiles, from, to, out ConsistencyProof proof, out _));
                Assert.Equal(path, proof.Path);
            }
        }
    }

    [Fact]
    public void Range_proofs_are_accepted_and_refused_as_in_the_vectors()
    {
        foreach (JsonElement item in Vectors.Load("log/range.json").Items("cases"))
        {
            LogIndex first = new(item.Number("first"));
            int count = (int)item.Number("count");
            TreeSize size = new(item.Number("size"));
            Digest[] path = [.. item.Hashes("path")];
            bool valid = item.GetProperty("valid").GetBoolean();
            EntryHash[] entries = ReferenceTree.Entries(count, (int)first.Value);
            Assert.Equal(valid, RangeProof.Verify(entries, first, size, path, item.Hash("root")));
            if (valid)
            {
                Assert.True(LogProofs.TryRange(Tiles, first, count, size, out RangeProof proof, out _));
                Assert.Equal(path, proof.Path);
            }
        }
    }

    [Fact]
    public void Tiles_paths_and_bundles_are_those_of_the_vectors()
    {
        JsonElement file = Vectors.Load("log/tiles.json");
        foreach (JsonElement item in file.Items("paths"))
        {
            TileId tile = new((byte)item.Number("level"), item.Number("index"), (int)item.Number("width"));
            Assert.Equal(item.Text("path"), TilePath.Format(tile));
            Assert.True(TilePath.TryParse(item.Text("path"), out TileKind kind, out TileId parsed));
            Assert.Equal((TileKind.Hashes, tile), (kind, parsed));
        }

        foreach (JsonElement tree in file.Items("trees"))
        {
            LogAppend append = LogFrontier.Empty.Append(ReferenceTree.Entries((int)tree.Number("size")));
            Assert.Equal(
                tree.Items("tiles").Select(item => (item.Text("path"), item.Hash("sha256"))),
                append.Tiles.Select(update => (update.Tile.ToString(), Digest.Of(update.Hashes.Span))));
        }

        foreach (JsonElement item in file.Items("bundles"))
        {
            TileId tile = new(0, item.Number("index"), (int)item.Number("width"));
            byte[] bundle = EntryBundle.Encode(ReferenceTree.Entries(tile.Width, (int)tile.Index * 256));
            Assert.Equal((item.Text("path"), item.Hash("sha256")), (TilePath.FormatEntries(tile), Digest.Of(bundle)));
        }
    }

    [Fact]
    public void Checkpoints_and_log_proofs_are_those_of_the_vectors()
    {
        JsonElement file = Vectors.Load("log/notes.json");
        foreach (JsonElement item in file.Items("checkpoints"))
        {
            Checkpoint checkpoint = new(item.Text("origin"), new TreeSize(item.Number("size")), item.Hash("root"));
            Assert.Equal(item.Text("text"), Encoding.UTF8.GetString(checkpoint.Encode()));
        }

        foreach (JsonElement item in file.Items("proofs"))
        {
            byte[] text = Encoding.UTF8.GetBytes(item.Text("text"));
            Assert.True(TlogProof.TryParse(text, out TlogProof? proof, out NoteError error), error.ToString());
            Assert.Equal(item.Number("index"), proof.Proof.Index.Value);
            Assert.Equal(item.Number("size"), proof.Checkpoint.Size.Value);
            Assert.Equal(item.Bytes("extra"), proof.Extra);
            Assert.True(proof.Verify(ReferenceTree.Entry(proof.Proof.Index.Value)));
            Assert.False(proof.Verify(ReferenceTree.Entry(proof.Proof.Index.Value + 1)));
            Assert.Equal(text, proof.Encode());
            Assert.Equal(text, TlogProof.Of(proof.Proof, proof.Note, proof.Extra.AsSpan()).Encode());
        }
    }
}
