using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;
using Ledger.Network.Muxing;
using Ledger.Network.Protocols;
using Ledger.Network.Tests.Identity;
using Ledger.Network.Tests.Muxing;
using Ledger.Network.Tests.TestKit;
using Ledger.Network.Wire;

namespace Ledger.Network.Tests;

/// <summary>Any bytes at all: a value or a refusal, no exception; and what was read is written the same.</summary>
[Trait("Tier", "fuzz")]
public sealed class FuzzTests
{
    private static int Cases =>
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases) ? cases : 50_000;

    [Fact]
    public void Multistream()
    {
        byte[] sound =
            [.. MultistreamMessage.Encode(MultistreamMessage.Header), .. MultistreamMessage.Encode("/tls/1.0.0")];
        Assert.Equal(ReadOutcome.Done, MultistreamMessage.TryRead(sound, out _, out _));
        foreach (byte[] bytes in Mutations([sound, MultistreamMessage.Encode("na")]))
        {
            MultistreamResponder responder = new(protocol => protocol == "/tls/1.0.0");
            ReadOnlySpan<byte> rest = bytes;
            while (MultistreamMessage.TryRead(rest, out string text, out int consumed) == ReadOutcome.Done)
            {
                Assert.Equal(rest[..consumed], MultistreamMessage.Encode(text));
                rest = rest[consumed..];
                if (!responder.TryAnswer(text, out string answer))
                    break;
                Assert.NotEmpty(answer);
            }
        }
    }

    [Fact]
    public void Yamux()
    {
        byte[] payload = [1, 2, 3, 4, 5];
        byte[] sound =
        [
            .. YamuxTests.Bytes(new(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 4096)),
            .. YamuxTests.Bytes(new(YamuxType.Data, YamuxFlags.None, 1, (uint)payload.Length)), .. payload,
            .. YamuxTests.Bytes(new(YamuxType.Ping, YamuxFlags.Syn, 0, 9)),
            .. YamuxTests.Bytes(new(YamuxType.Data, YamuxFlags.Syn, 3, (uint)payload.Length)), .. payload,
            .. YamuxTests.Bytes(new(YamuxType.WindowUpdate, YamuxFlags.Rst, 3, 0)),
            .. YamuxTests.Bytes(new(YamuxType.Data, YamuxFlags.Fin, 1, 0)),
        ];
        YamuxLimits limits = new() { InboundStreamsMax = 4, UnreadMax = 4096 };
        Assert.Null(new YamuxSession(isDialer: false, limits, _ => { }).Receive(sound));
        int ended = 0;
        foreach (byte[] bytes in Mutations([sound]))
        {
            List<YamuxStream> accepted = [];
            YamuxSession session = new(isDialer: false, limits, accepted.Add);
            int half = bytes.Length / 2;
            _ = session.Receive(bytes.AsSpan(0, half)) ?? session.Receive(bytes.AsSpan(half));
            Assert.InRange(session.Unread, 0, limits.UnreadMax + bytes.Length);
            Assert.InRange(accepted.Count, 0, limits.InboundStreamsMax);
            if (session.Ended is not null)
                ended++;
            foreach (YamuxStream stream in accepted)
                stream.Dispose();
            Assert.Equal(0, session.Unread);
        }
        Assert.NotEqual(0, ended);
    }

    [Fact]
    public void Descriptions_in_protobuf()
    {
        using PeerKey key = PeerKey.Generate();
        IdentifyMessage message = new()
        {
            PublicKey = Google.Protobuf.ByteString.CopyFrom(key.PublicKey.Encoded.Span),
            AgentVersion = "agent/1",
            ProtocolVersion = "ledger/1",
            ObservedAddr =
                Google.Protobuf.ByteString.CopyFrom(new Multiaddr(HostKind.Ip4, "127.0.0.1", 1, null).Encode()),
            Protocols = { "/a/1", "/b/1" },
        };
        message.ListenAddrs.Add(message.ObservedAddr);
        byte[] sound = Google.Protobuf.MessageExtensions.ToByteArray(message);
        Assert.True(Identify.TryMerge(sound, key.PublicKey.Encoded.Span, null, out PeerDescription? first));
        int read = 0;
        foreach (byte[] bytes in Mutations([sound]))
        {
            if (!Identify.TryMerge(bytes, key.PublicKey.Encoded.Span, first, out PeerDescription? description))
                continue;
            read++;
            Assert.InRange(description!.Protocols.Count, 1, Identify.ItemsMax);
            Assert.InRange(description.Agent.Length, 0, Identify.TextMax);
            Assert.DoesNotContain(description.Agent, char.IsControl);
        }
        Assert.NotEqual(0, read);
    }

    [Fact]
    public void Certificates()
    {
        using PeerKey identity = PeerKey.Generate();
        using X509Certificate2 own = PeerCertificate.Create(identity, DateTimeOffset.UtcNow);
        Assert.True(PeerCertificate.TryVerify(own.RawData, DateTimeOffset.UtcNow, out _, out _));
        byte[][] sound = [own.RawData, SpecificationCertificates.Secp256k1, SpecificationCertificates.Ecdsa];
        foreach (byte[] bytes in Mutations(sound))
        {
            if (PeerCertificate.TryVerify(bytes, DateTimeOffset.UtcNow, out PeerPublicKey? key, out string? problem))
                Assert.Contains(sound, one => one.AsSpan().SequenceEqual(bytes));
            else
                Assert.NotEmpty(problem);
            Assert.True(key is null || problem is null);
        }
    }

    [Fact]
    public void Keys_and_peer_ids()
    {
        using PeerKey identity = PeerKey.Generate();
        byte[] key = identity.PublicKey.Encoded.ToArray();
        byte[] peer = identity.Peer.Bytes.ToArray();
        foreach (byte[] bytes in Mutations([key, peer]))
        {
            if (PeerPublicKey.TryParse(bytes, out PeerPublicKey? parsed, out string? problem))
                Assert.Equal(bytes, parsed.Encoded.ToArray());
            else
                Assert.NotEmpty(problem);
            if (!PeerId.TryParse(bytes, out PeerId? id))
                continue;
            Assert.Equal(bytes, id.Bytes.ToArray());
            Assert.True(PeerId.TryParse(id.ToString(), out PeerId? byText) && byText == id);
            Assert.True(PeerId.TryParse(id.ToCid(), out PeerId? byCid) && byCid == id);
        }
    }

    [Fact]
    public void Addresses()
    {
        using PeerKey identity = PeerKey.Generate();
        string[] texts =
        [
            "/ip4/192.0.2.1/tcp/4001", "/ip6/2001:db8::1/tcp/1", $"/dns/peer.example/tcp/443/p2p/{identity.Peer}",
        ];
        byte[][] sound =
        [
            .. texts.Select(text => Multiaddr.TryParse(text, out Multiaddr? address, out _) ? address.Encode() : []),
        ];
        foreach (byte[] bytes in Mutations(sound))
        {
            if (!Multiaddr.TryParse(bytes, out Multiaddr? address))
                continue;
            Assert.Equal(bytes, address.Encode());
            Assert.True(Multiaddr.TryParse(address.ToString(), out Multiaddr? byText, out string? problem), problem);
            Assert.Equal(address, byText);
        }
        foreach (byte[] bytes in Mutations([.. texts.Select(System.Text.Encoding.Latin1.GetBytes)]))
        {
            string text = System.Text.Encoding.Latin1.GetString(bytes);
            if (Multiaddr.TryParse(text, out Multiaddr? address, out string? problem))
                Assert.True(Multiaddr.TryParse(address.Encode(), out Multiaddr? again) && again == address);
            else
                Assert.NotEmpty(problem);
        }
    }

    private static IEnumerable<byte[]> Mutations(byte[][] sound)
    {
        for (int seed = 0; seed < Cases; seed++)
        {
            Random random = new(seed);
            yield return Mutation.Of(sound[random.Next(sound.Length)], random.Next(1, 5), random);
        }
    }
}
