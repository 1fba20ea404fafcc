using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Log;

namespace Ledger.Core.Tests.Chain;

/// <summary>The formats by the names of the vectors: how each is read, and what it writes again.</summary>
internal static class ChainFormats
{
    private static readonly string[] InVectors =
        ["header", "body", "commit", "configuration", "genesis document", "misbehaviour", "fork"];

    internal static TheoryData<string> Names { get; } = [.. InVectors];

    /// <summary>All that are read by a door of their own, also those that the vectors do not hold.</summary>
    internal static TheoryData<string> Doors { get; } = [.. InVectors, "change"];

    /// <summary>Sound bytes of the format, those that the refusals of the vectors change.</summary>
    internal static byte[] Sample(string format) => format switch
    {
        "header" => ChainVectors.Load("blocks.json").GetProperty("blocks")[0].GetProperty("header").Bytes("bytes"),
        "body" => ChainVectors.Load("blocks.json").GetProperty("bodies")[1].Bytes("bytes"),
        "commit" => ChainVectors.Load("blocks.json").GetProperty("blocks")[1].GetProperty("commit").Bytes("bytes"),
        "configuration" => ChainVectors.Configuration(
            ChainVectors.Load("genesis.json").GetProperty("cases")[0].GetProperty("value").GetProperty("configuration")).Encode(),
        "misbehaviour" => ChainVectors.Load("misbehaviour.json").GetProperty("cases")[0].Bytes("bytes"),
        "fork" => File.ReadAllBytes(Path.Combine(Log.Vectors.Folder, "chain", "two-commits.fork")),
        "change" => ConfigurationChangeTests.Everything.Encode(),
        "genesis document" => ChainVectors.Load("genesis.json").GetProperty("cases")[1].Bytes("bytes"),
        _ => throw new ArgumentException($"No format is called {format}.", nameof(format)),
    };

    /// <summary>What the bytes were read as, written again; null with the fault if they were refused.</summary>
    internal static byte[]? ReadAndWrite(string format, ReadOnlySpan<byte> bytes, out CborError error)
    {
        switch (format)
        {
            case "header":
                return Header.TryParse(bytes, out Header header, out error) ? header.Encode() : null;
            case "body":
                return BlockBody.TryParse(bytes, out BlockBody body, out error) ? body.Encode() : null;
            case "commit":
                return Commit.TryParse(bytes, out Commit commit, out error) ? commit.Encode() : null;
            case "configuration":
                return Configuration.TryParse(bytes, out Configuration configuration, out error) ? configuration.Encode() : null;
            case "misbehaviour":
                return MisbehaviourFile.TryParse(bytes.ToArray(), out MisbehaviourFile file, out error) ? file.Encode() : null;
            case "change":
                return ConfigurationChange.TryParse(bytes, out ConfigurationChange change, out error) ? change.Encode() : null;
            case "fork":
                return ForkFile.TryParse(bytes, out ForkFile fork, out error) ? fork.Encode() : null;
            default:
                return GenesisDocument.TryParse(bytes, out GenesisDocument genesis, out error) ? genesis.Encode() : null;
        }
    }
}
