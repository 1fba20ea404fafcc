using System.Buffers.Binary;
using System.Security.Cryptography;
using Ledger.Anchoring;
using Ledger.Core;
using Ledger.Runtime.Ports;

namespace Ledger.Node.Tests.Setting;

/// <summary>
/// A Bitcoin of two transactions a block, the anchor behind the coinbase, at regtest's difficulty, mined here: enough
/// for proofs that verify. The tests of anchoring itself run against a real daemon.
/// </summary>
internal sealed class StandInBitcoin : IBitcoin
{
    private static readonly Digest Coinbase = Digest.Of("coinbase"u8);

    private readonly Dictionary<Digest, (uint Height, byte[] Header)> _mined = [];
    private readonly Lock _gate = new();
    private uint _height = 100;

    public string Network => "regtest";

    /// <summary>While true the daemon does not answer.</summary>
    public bool Gone { get; set; }

    public void Mine(uint blocks)
    {
        lock (_gate)
        {
            _height += blocks;
        }
    }

    public Task<uint> HeightAsync(CancellationToken stop) => Answer(() => _height);

    public Task<AnchorTransactionBytes> BuildAsync(BlockId block, CancellationToken stop) => Answer(() =>
    {
        byte[] script = [0x6a, 36, .. "OARL"u8, .. block.Value.Span];
        byte[] transaction =
        [
            2, 0, 0, 0,
            1, .. new byte[32], 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
            1, .. new byte[8], (byte)script.Length, .. script,
            0, 0, 0, 0,
        ];
        return new AnchorTransactionBytes(Twice(transaction), transaction, transaction);
    });

    public Task SendAsync(AnchorTransactionBytes transaction, CancellationToken stop) => Answer(() =>
    {
        if (!_mined.ContainsKey(transaction.Id))
        {
            _mined[transaction.Id] = (++_height, MineHeader(Twice([.. Coinbase.Span, .. transaction.Id.Span])));
        }

        return true;
    });

    public Task<(TransactionStanding Standing, uint Confirmations, Digest? Block)> StatusAsync(Digest transaction, CancellationToken stop) =>
        Answer<(TransactionStanding, uint, Digest?)>(() => _mined.TryGetValue(transaction, out (uint Height, byte[] Header) block)
            ? (TransactionStanding.InBlock, _height - block.Height + 1, Twice(block.Header))
            : (TransactionStanding.Dropped, 0, null));

    public Task<AnchorProofBytes> ProofAsync(BlockId block, Digest transaction, Digest bitcoinBlock, CancellationToken stop) => Answer(() =>
    {
        (uint height, byte[] header) = _mined[transaction];
        uint seconds = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(68));
        return new AnchorProofBytes(bitcoinBlock, height, new UnixTime(seconds * 1_000UL), 1, [Coinbase], header);
    });

    private Task<T> Answer<T>(Func<T> answer)
    {
        lock (_gate)
        {
            return Gone
                ? Task.FromException<T>(new BitcoinException("The Bitcoin daemon at 127.0.0.1:1 does not answer. Records settle, anchors wait."))
                : Task.FromResult(answer());
        }
    }

    /// <summary>Half of all nonces fit regtest's target.</summary>
    private static byte[] MineHeader(Digest merkleRoot)
    {
        byte[] header = new byte[80];
        header[0] = 2;
        merkleRoot.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), (uint)DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), 0x207fffff);
        for (uint nonce = 0; Twice(header).Span[31] >= 0x7f; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
        }

        return header;
    }

    private static Digest Twice(ReadOnlySpan<byte> bytes) => new(SHA256.HashData(SHA256.HashData(bytes)));
}
