using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Ledger.Network.Addresses;
using Ledger.Network.Connections;

namespace Ledger.Network.Tests.TestKit;

/// <summary>The protocols of the tests, the same that tests/interop/libp2p/peer.mjs speaks.</summary>
internal static class TestProtocols
{
    public const string Upload = "/test/upload/1";
    public const string Download = "/test/download/1";
    public const string Reset = "/test/reset/1";
    public const string Greeting = "/test/greeting/1";
    private const int Chunk = 65_536;

    public static void Register(PeerHost host, TestRecord record)
    {
        host.Handle(Upload, async (stream, stop) =>
        {
            byte[] hash = await HashAsync(stream, stop);
            await stream.WriteAsync(hash, stop);
        });
        host.Handle(Download, async (stream, stop) =>
        {
            byte[] request = new byte[8];
            await stream.ReadExactlyAsync(request, stop);
            await SendPatternAsync(
                stream,
                BinaryPrimitives.ReadUInt32BigEndian(request),
                (int)BinaryPrimitives.ReadUInt32BigEndian(request.AsSpan(4)),
                stop);
        });
        host.Handle(Reset, async (stream, stop) =>
        {
            byte[] one = new byte[1];
            try
            {
                await stream.ReadExactlyAsync(one, stop);
                if (one[0] == 1)
                    stream.Reset();
                else
                    await stream.ReadExactlyAsync(one, stop);
            }
            catch (NetworkException ended)
            {
                // A reset overtakes what was not read yet.
                record.Resets.Enqueue(ended.Fault);
            }
        });
        host.Handle(Greeting, async (stream, stop) =>
        {
            await stream.WriteAsync("first word of ours"u8.ToArray(), stop);
            using MemoryStream heard = new();
            await stream.CopyToAsync(heard, stop);
            record.Early.Enqueue(Encoding.UTF8.GetString(heard.ToArray()));
        });
    }

    /// <summary>Uploads on many streams at once; says how many came back with the wrong hash.</summary>
    public static async Task<int> UploadAsync(PeerHost host, PeerId peer, int streams, int bytes)
    {
        bool[] right = await Task.WhenAll(Enumerable.Range(0, streams).Select(async number =>
        {
            await using PeerStream stream = await host.OpenStreamAsync(peer, Upload);
            await SendPatternAsync(stream, (uint)number, bytes, default);
            stream.CloseWrite();
            byte[] hash = new byte[SHA256.HashSizeInBytes];
            await stream.ReadExactlyAsync(hash);
            return hash.AsSpan().SequenceEqual(PatternHash((uint)number, bytes));
        }));
        return right.Count(isRight => !isRight);
    }

    /// <summary>Downloads on many streams at once; says how many brought the wrong bytes.</summary>
    public static async Task<int> DownloadAsync(PeerHost host, PeerId peer, int streams, int bytes)
    {
        bool[] right = await Task.WhenAll(Enumerable.Range(0, streams).Select(async number =>
        {
            byte[] request = new byte[8];
            BinaryPrimitives.WriteUInt32BigEndian(request, (uint)number);
            BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(4), (uint)bytes);
            await using PeerStream stream = await host.OpenStreamAsync(peer, Download);
            await stream.WriteAsync(request);
            stream.CloseWrite();
            byte[] hash = await HashAsync(stream, default);
            return hash.AsSpan().SequenceEqual(PatternHash((uint)number, bytes));
        }));
        return right.Count(isRight => !isRight);
    }

    public static void Fill(Span<byte> target, uint stream, int from)
    {
        for (int i = 0; i < target.Length; i++)
        {
            uint at = (uint)(from + i);
            target[i] = (byte)((stream * 31) + (at * 7) + ((at >> 8) * 3) + (at >> 16));
        }
    }

    public static byte[] PatternHash(uint stream, int bytes)
    {
        byte[] whole = new byte[bytes];
        Fill(whole, stream, 0);
        return SHA256.HashData(whole);
    }

    private static async Task SendPatternAsync(PeerStream stream, uint number, int bytes, CancellationToken stop)
    {
        byte[] chunk = new byte[Chunk];
        for (int at = 0; at < bytes; at += Chunk)
        {
            int length = Math.Min(Chunk, bytes - at);
            Fill(chunk.AsSpan(0, length), number, at);
            await stream.WriteAsync(chunk.AsMemory(0, length), stop);
        }
    }

    private static async Task<byte[]> HashAsync(PeerStream stream, CancellationToken stop)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[Chunk];
        while (await stream.ReadAsync(chunk, stop) is > 0 and int read)
            hash.AppendData(chunk.AsSpan(0, read));
        return hash.GetHashAndReset();
    }
}

/// <summary>What the handlers of the tests saw.</summary>
internal sealed class TestRecord
{
    public System.Collections.Concurrent.ConcurrentQueue<NetworkFault> Resets { get; } = new();

    public System.Collections.Concurrent.ConcurrentQueue<string> Early { get; } = new();
}
