using BenchmarkDotNet.Attributes;
using Ledger.Crypto;

namespace Ledger.Benchmarks;

/// <summary>One core, messages of 1,500 bytes. Times are per signature, also in a batch.</summary>
public class SignatureBenchmarks
{
    private const int MessageBytes = 1_500;
    private const int BatchSize = 8;
    private const int FewKeys = 4;
    private const int ManyKeys = 2_048;
    private readonly byte[] _signature = new byte[MlDsa65.SignatureBytes];
    private readonly byte[] _publicKey = new byte[MlDsa65.PublicKeyBytes];
    private readonly byte[] _secretKey = new byte[MlDsa65.SecretKeyBytes];
    private readonly byte[] _randomizer = new byte[MlDsa65.RandomizerBytes];
    private readonly byte[] _seed = new byte[MlDsa65.SeedBytes];
    private readonly bool[] _valid = new bool[BatchSize];
    private byte[][] _messages = [];
    private SigningKey _signer = null!;
    private VerifyItem[] _fewKeys = [];
    private VerifyItem[] _manyKeys = [];
    private int _next;

    [GlobalSetup]
    public void Prepare()
    {
        Random random = new(65);
        _messages = [.. Enumerable.Range(0, ManyKeys).Select(_ => Bytes(random, MessageBytes))];
        VerifyItem[] items = [.. _messages.Select(message =>
        {
            using SigningKey key = SigningKey.FromSeed(Bytes(random, MlDsa65.SeedBytes));
            return new VerifyItem(new VerificationKey(key.PublicKey.Span), message, key.Sign(message, _randomizer));
        })];
        _manyKeys = items;
        _fewKeys = [.. Enumerable.Range(0, BatchSize).Select(i => items[i % FewKeys])];
        _signer = SigningKey.FromSeed(Bytes(random, MlDsa65.SeedBytes));
    }

    [Benchmark(Description = "verify, key never seen")]
    public bool VerifyUnseen()
    {
        VerifyItem item = _manyKeys[Advance(1)];
        return MlDsa65.Verify(item.Key!.PublicKey, item.Message.Span, [], item.Signature.Span);
    }

    [Benchmark(Description = "verify, key seen before")]
    public bool VerifySeen() => _fewKeys[0].Key!.Verify(_fewKeys[0].Message.Span, [], _fewKeys[0].Signature.Span);

    [Benchmark(Description = "verify, batch of 8, 4 keys", OperationsPerInvoke = BatchSize)]
    public bool VerifyBatchOfFewKeys() => VerifyBatch(_fewKeys);

    [Benchmark(Description = "verify, batch of 8, 2,048 keys", OperationsPerInvoke = BatchSize)]
    public bool VerifyBatchOfManyKeys() => VerifyBatch(_manyKeys.AsSpan(Advance(BatchSize), BatchSize));

    /// <summary>Attempts vary from message to message, so this is a mean over many of them.</summary>
    [Benchmark(Description = "sign")]
    public void Sign() => _signer.Sign(_messages[Advance(1)], _randomizer, _signature);

    [Benchmark(Description = "key generation")]
    public void GenerateKey()
    {
        _seed[0] = (byte)Advance(1);
        MlDsa65.GenerateKey(_seed, _publicKey, _secretKey);
    }

    private bool VerifyBatch(ReadOnlySpan<VerifyItem> items)
    {
        MlDsa65.VerifyBatch(items, _valid);
        return _valid.AsSpan().Contains(false)
            ? throw new InvalidOperationException("A sound signature was refused.")
            : true;
    }

    private int Advance(int count)
    {
        int at = _next;
        _next = (_next + count) % ManyKeys;
        return at;
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
