using System.Buffers.Binary;
using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Streams;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Tests;

/// <summary>A network of one validator with keys from fixed seeds, and an operator who seals into it.</summary>
internal sealed class SoloNetwork
{
    public SigningKey VoteKey { get; } = SigningKey.FromSeed(Seed(1));

    public SigningKey StreamKey { get; } = SigningKey.FromSeed(Seed(2));

    public SigningKey GovernanceKey { get; } = SigningKey.FromSeed(Seed(3));

    public static SponsorQuota Generous { get; } = new(1_000_000_000, 1_000_000, 1_000);

    public GenesisDocument Genesis(bool open = true, SponsorQuota? quota = null, params AdmittedMember[] members) => new()
    {
        Name = "solo",
        Time = new UnixTime(1_700_000_000_000),
        Bitcoin = "regtest",
        Configuration = new Configuration
        {
            Validators =
            [
                new Validator
                {
                    Name = "alpha",
                    Peer = ReadOnlyMemory<byte>.Empty,
                    VoteKey = VoteKey.PublicKey,
                    Power = 1,
                    Stream = new StreamId(StreamKey.Id.Value),
                    GovernanceKey = GovernanceKey.PublicKey,
                },
            ],
            Observers = [],
            Admission = new Admission
            {
                IsOpen = open,
                Open = quota ?? Generous,
                Roots = 1_000,
                Member = quota ?? Generous,
                Stream = new StreamQuota(1_000_000_000, 1_000_000),
                Window = 1_000,
                Members = [.. members],
            },
            Parameters = new Parameters(),
            Change = 0,
        },
    };

    public LedgerNode Start(IStore store, GenesisDocument? genesis = null)
    {
        LedgerNode node = new(
            new NodeSettings { VoteKey = VoteKey, StreamKey = StreamKey, Name = "alpha" },
            genesis ?? Genesis(), store, TimeProvider.System, new SystemRandomness());
        node.Start();
        return node;
    }

    public static byte[] Seed(int number)
    {
        byte[] seed = new byte[MlDsa65.SeedBytes];
        BinaryPrimitives.WriteInt32BigEndian(seed, number);
        return seed;
    }

    private sealed class SystemRandomness : IRandomness
    {
        public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }
}

/// <summary>Seals one stream's records one after the other, as an operator does.</summary>
internal sealed class StreamWriter
{
    private readonly SigningKey _key;
    private RecordId _head;
    private ulong _seq;

    public StreamWriter(int seed)
    {
        _key = SigningKey.FromSeed(SoloNetwork.Seed(seed));
    }

    public StreamId Stream => new(_key.Id.Value);

    public KeyId Key => _key.Id;

    public byte[] Next(ulong? timeMs = null)
    {
        bool first = _seq == 0;
        RecordContent content = new(
            Stream, new Sequence(_seq), _head, new UnixTime(timeMs ?? 1_700_000_000_000 + _seq),
            first ? RecordKind.Genesis : RecordKind.Root,
            first ? Body.Genesis(_key.PublicKey.Span, "operator") : Body.Root(Digest.Of([(byte)_seq]), 1));
        byte[] bytes = RecordWriter.Seal(_key, "operator", "test", content, new byte[MlDsa65.RandomizerBytes]);
        Assert.True(Records.Record.TryParse(bytes, out Records.Record? record, out _));
        _head = record.Id;
        _seq++;
        return bytes;
    }

    public ReadOnlyMemory<byte>[] Next(int count) => [.. Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)Next())];
}
