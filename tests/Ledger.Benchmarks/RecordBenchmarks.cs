using BenchmarkDotNet.Attributes;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Benchmarks;

/// <summary>
/// Records of 4,500 bytes, from the bytes to the verdict: parsed, named by both hashes, signature verified under a key
/// that the cache holds. And beside it the signatures alone, the largest part of it.
/// </summary>
public class RecordBenchmarks
{
    private const int RecordBytes = 4_500;
    private const int BatchSize = 64;
    private const int FewKeys = 4;
    private readonly ReadOnlyMemory<byte>[] _records = new ReadOnlyMemory<byte>[BatchSize];
    private readonly byte[][] _keys = new byte[FewKeys][];
    private readonly VerifyItem[] _items = new VerifyItem[BatchSize];
    private readonly bool[] _valid = new bool[BatchSize];
    private readonly RecordBatch _batch = new(BatchSize);
    private readonly VerificationKeyCache _cache = new(64);

    [GlobalSetup]
    public void Prepare()
    {
        Random random = new(64);
        byte[] bytes = new byte[MlDsa65.SeedBytes];
        SigningKey[] signers = new SigningKey[FewKeys];
        for (int i = 0; i < FewKeys; i++)
        {
            random.NextBytes(bytes);
            signers[i] = SigningKey.FromSeed(bytes);
            _keys[i] = signers[i].PublicKey.ToArray();
        }

        byte[] message = new byte[RecordBytes - MlDsa65.SignatureBytes];
        int padding = RecordBytes - Seal(signers[0], 0, padding: 500).Length + 500;
        for (int i = 0; i < BatchSize; i++)
        {
            SigningKey signer = signers[i % FewKeys];
            _records[i] = Seal(signer, i, padding);
            if (_records[i].Length != RecordBytes)
            {
                throw new InvalidOperationException($"The record has {_records[i].Length} bytes.");
            }

            random.NextBytes(message);
            _items[i] = new VerifyItem(
                _cache.Get(signer.Id, signer.PublicKey.Span), message.ToArray(), signer.Sign(message, new byte[32]));
        }
    }

    [Benchmark(Description = "record as a whole, batch of 64", OperationsPerInvoke = BatchSize)]
    public void Whole()
    {
        _batch.Clear();
        for (int i = 0; i < BatchSize; i++)
        {
            if (!_batch.TryAdd(_records[i], out Fault? fault))
            {
                throw new InvalidOperationException($"A sound record was refused: {fault.Reason}.");
            }

            _batch.Use(i, _cache.Get(_batch.Kid(i), _keys[i % FewKeys]));
        }

        _batch.Run();
        for (int i = 0; i < BatchSize; i++)
        {
            if (!_batch.Holds(i))
            {
                throw new InvalidOperationException("A sound signature was refused.");
            }
        }
    }

    [Benchmark(Description = "signatures of these alone, batch of 64", OperationsPerInvoke = BatchSize)]
    public void Signatures() => MlDsa65.VerifyBatch(_items, _valid);

    private static byte[] Seal(SigningKey key, int number, int padding)
    {
        RecordContent content = new(
            new StreamId(key.Id.Value),
            new Sequence(100 + (ulong)number),
            RecordId.Zero,
            new UnixTime(1_760_000_000_000),
            RecordKind.Gap,
            Body.Gap(GapType.Unrecorded, new string('x', padding)));
        return RecordWriter.Seal(key, "operator-1", "assistant", content, new byte[MlDsa65.RandomizerBytes]);
    }
}
