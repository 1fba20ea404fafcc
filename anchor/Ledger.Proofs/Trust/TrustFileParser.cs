using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Trust;

/// <summary>Reads trust files in either form; strict: an unknown member is refused, lest a misspelt pin pin nothing.</summary>
public static class TrustFileParser
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    public static bool TryParse(ReadOnlyMemory<byte> bytes, out TrustFile trust, out TrustFault fault)
    {
        trust = TrustFile.Empty;
        if (bytes.Length is 0 or > TrustFile.BytesMax)
        {
            fault = new TrustFault($"A trust file has 1 to {TrustFile.BytesMax} bytes.");
            return false;
        }

        return EvidenceParser.LooksLikeEvidence(bytes.Span)
            ? TryParseCbor(bytes, out trust, out fault)
            : TryParseJson(bytes, out trust, out fault);
    }

    private static bool TryParseJson(ReadOnlyMemory<byte> bytes, out TrustFile trust, out TrustFault fault)
    {
        trust = TrustFile.Empty;
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, Strict);
            trust = ReadFile(document.RootElement);
            fault = new TrustFault("");
            return true;
        }
        catch (JsonException exception)
        {
            fault = new TrustFault($"The trust file is not valid JSON: {exception.Message}");
        }
        catch (TrustFormatException exception)
        {
            fault = new TrustFault(exception.Message);
        }

        return false;
    }

    private static TrustFile ReadFile(JsonElement root)
    {
        TrustFile trust = TrustFile.Empty;
        bool versioned = false;
        foreach (JsonProperty member in Members(root, "the trust file"))
        {
            switch (member.Name)
            {
                case "v":
                    versioned = member.Value.ValueKind == JsonValueKind.Number && member.Value.GetRawText() == "1";
                    break;
                case "chain":
                    trust = trust with { Chain = new ChainId(ReadDigest(member.Value, "chain")) };
                    break;
                case "streams":
                    trust = trust with { Streams = ReadStreams(member.Value) };
                    break;
                case "bitcoin":
                    trust = trust with { Bitcoin = ReadBitcoin(member.Value) };
                    break;
                case "checkpoint":
                    trust = trust with { Checkpoint = ReadCheckpoint(member.Value) };
                    break;
                default:
                    throw Unknown(member.Name, "v, chain, streams, bitcoin and checkpoint");
            }
        }

        return versioned ? trust : throw new TrustFormatException("The trust file needs \"v\": 1.");
    }

    private static ImmutableArray<StreamId> ReadStreams(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > TrustFile.StreamsMax)
        {
            throw new TrustFormatException($"\"streams\" is a list of 1 to {TrustFile.StreamsMax} stream ids.");
        }

        ImmutableArray<StreamId>.Builder streams = ImmutableArray.CreateBuilder<StreamId>();
        foreach (JsonElement item in value.EnumerateArray())
        {
            streams.Add(new StreamId(ReadDigest(item, "streams")));
        }

        return streams.ToImmutable();
    }

    private static BitcoinPin ReadBitcoin(JsonElement value)
    {
        BitcoinPin pin = new("", BigInteger.Zero, default, 0);
        foreach (JsonProperty member in Members(value, "\"bitcoin\""))
        {
            pin = member.Name switch
            {
                "network" => pin with { Network = ReadNetwork(member.Value) },
                "work" => pin with { Work = ReadWork(member.Value) },
                "checkpoint" => ReadHeader(pin, member.Value),
                _ => throw Unknown(member.Name, "network, work and checkpoint"),
            };
        }

        return pin.Network.Length > 0 ? pin : throw new TrustFormatException("\"bitcoin\" needs \"network\".");
    }

    private static BitcoinPin ReadHeader(BitcoinPin pin, JsonElement value)
    {
        foreach (JsonProperty member in Members(value, "\"bitcoin.checkpoint\""))
        {
            pin = member.Name switch
            {
                "header" => pin with { CheckpointHeader = ReadBytes(member.Value, BitcoinHeader.Size, "bitcoin.checkpoint.header") },
                "height" => pin with { CheckpointHeight = (uint)ReadNumber(member.Value, int.MaxValue, "bitcoin.checkpoint.height") },
                _ => throw Unknown(member.Name, "header and height"),
            };
        }

        return pin.CheckpointHeader.IsEmpty
            ? throw new TrustFormatException("\"bitcoin.checkpoint\" needs \"header\".")
            : pin;
    }

    private static ChainCheckpointPin ReadCheckpoint(JsonElement value)
    {
        Digest? id = null;
        ulong? height = null;
        foreach (JsonProperty member in Members(value, "\"checkpoint\""))
        {
            switch (member.Name)
            {
                case "id":
                    id = ReadDigest(member.Value, "checkpoint.id");
                    break;
                case "height":
                    height = ReadNumber(member.Value, Limits.Integer, "checkpoint.height");
                    break;
                default:
                    throw Unknown(member.Name, "height and id");
            }
        }

        return id is { } block && height is { } number
            ? new ChainCheckpointPin(new Height(number), new BlockId(block))
            : throw new TrustFormatException("\"checkpoint\" needs \"height\" and \"id\".");
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject()
            : throw new TrustFormatException($"Expected an object for {what}.");

    private static Digest ReadDigest(JsonElement value, string name) => new(ReadBytes(value, Digest.Size, name));

    private static byte[] ReadBytes(JsonElement value, int length, string name)
    {
        byte[] bytes = new byte[length];
        return value.ValueKind == JsonValueKind.String && Hex.TryDecode(value.GetString(), bytes)
            ? bytes
            : throw new TrustFormatException($"\"{name}\" is {length * 2} hexadecimal digits.");
    }

    private static ulong ReadNumber(JsonElement value, ulong max, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) && number <= max
            ? number
            : throw new TrustFormatException($"\"{name}\" is a whole number up to {max}.");

    private static string ReadNetwork(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && BitcoinNetwork.TryFind(value.GetString()!, out BitcoinNetwork? network)
            ? network.Name
            : throw new TrustFormatException("\"bitcoin.network\" is main, testnet4, signet or regtest.");

    /// <summary>A decimal text: 2^80 hashes and more do not fit into a JSON number.</summary>
    private static BigInteger ReadWork(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return text.Length is > 0 and <= 78 && text.All(char.IsAsciiDigit)
            ? BigInteger.Parse(text)
            : throw new TrustFormatException("\"bitcoin.work\" is a text of decimal digits: expected hashes.");
    }

    private static TrustFormatException Unknown(string name, string known) =>
        new($"The trust file has an unknown member \"{name}\"; known are {known}.");

    private static bool TryParseCbor(ReadOnlyMemory<byte> bytes, out TrustFile trust, out TrustFault fault)
    {
        CborReader reader = new(bytes.Span);
        TrustFile read = TrustFile.Empty;
        bool whole = reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && TryReadChain(ref reader, ref map, ref read)
            && TryReadBitcoin(ref reader, ref map, ref read)
            && TryReadStreams(ref reader, ref map, ref read)
            && TryReadCheckpoint(ref reader, ref map, ref read)
            && reader.EndMap(map)
            && reader.TryFinish();
        trust = whole ? read : TrustFile.Empty;
        fault = new TrustFault($"The trust file is not valid CBOR: {reader.Error}.");
        return whole;
    }

    private static bool TryReadChain(ref CborReader reader, ref CborMapScope map, ref TrustFile trust)
    {
        if (!reader.TryReadOptionalKey(ref map, "chain"u8))
        {
            return !reader.HasError;
        }

        bool read = reader.TryReadDigest(out Digest chain);
        trust = trust with { Chain = new ChainId(chain) };
        return read;
    }

    private static bool TryReadBitcoin(ref CborReader reader, ref CborMapScope outer, ref TrustFile trust)
    {
        if (!reader.TryReadOptionalKey(ref outer, "bitcoin"u8))
        {
            return !reader.HasError;
        }

        int at = reader.Position;
        string work = "0";
        byte[] header = [];
        ulong height = 0;
        string network = "";
        bool read = reader.TryReadMap(out CborMapScope map)
            && (!reader.TryReadOptionalKey(ref map, "work"u8) || reader.TryReadString(out work))
            && reader.TryReadMember(ref map, "network"u8, 16, out network)
            && (!reader.TryReadOptionalKey(ref map, "checkpoint"u8) || TryReadHeader(ref reader, out header, out height))
            && reader.EndMap(map)
            && ((work.Length is > 0 and <= 78 && work.All(char.IsAsciiDigit) && BitcoinNetwork.TryFind(network, out _))
                || reader.Fail(CborFault.WrongValue, at));
        if (read)
        {
            trust = trust with { Bitcoin = new BitcoinPin(network, BigInteger.Parse(work), header, (uint)height) };
        }

        return read;
    }

    private static bool TryReadHeader(ref CborReader reader, out byte[] header, out ulong height)
    {
        header = [];
        height = 0;
        int at = reader.Position;
        return reader.TryReadMap(out CborMapScope map)
            && reader.TryReadMember(ref map, "header"u8, BitcoinHeader.Size, BitcoinHeader.Size, out header)
            && reader.TryReadMember(ref map, "height"u8, out height)
            && (height <= int.MaxValue || reader.Fail(CborFault.WrongValue, at))
            && reader.EndMap(map);
    }

    private static bool TryReadStreams(ref CborReader reader, ref CborMapScope map, ref TrustFile trust)
    {
        if (!reader.TryReadOptionalKey(ref map, "streams"u8))
        {
            return !reader.HasError;
        }

        int at = reader.Position;
        ImmutableArray<StreamId>.Builder streams = ImmutableArray.CreateBuilder<StreamId>();
        if (!reader.TryReadArray(out int count)
            || (count is 0 or > TrustFile.StreamsMax && !reader.Fail(CborFault.WrongCount, at)))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadDigest(out Digest stream))
            {
                return false;
            }

            streams.Add(new StreamId(stream));
        }

        trust = trust with { Streams = streams.ToImmutable() };
        return reader.EndArray();
    }

    private static bool TryReadCheckpoint(ref CborReader reader, ref CborMapScope outer, ref TrustFile trust)
    {
        if (!reader.TryReadOptionalKey(ref outer, "checkpoint"u8))
        {
            return !reader.HasError;
        }

        Digest id = default;
        ulong height = 0;
        bool read = reader.TryReadMap(out CborMapScope map)
            && reader.TryReadMember(ref map, "id"u8, out id)
            && reader.TryReadMember(ref map, "height"u8, out height)
            && reader.EndMap(map);
        trust = trust with { Checkpoint = new ChainCheckpointPin(new Height(height), new BlockId(id)) };
        return read;
    }

    /// <summary>Inside this parser only: the deepest reader tells the outermost what is wrong.</summary>
    private sealed class TrustFormatException(string message) : Exception(message);
}
