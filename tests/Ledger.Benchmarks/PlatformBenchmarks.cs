using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;

namespace Ledger.Benchmarks;

/// <summary>The platform's own, for comparison, under the names of what it is compared with.</summary>
public class PlatformBenchmarks
{
    private const int MessageBytes = 1_500;
    private const int MessageCount = 256;
    private readonly byte[] _record = new byte[4_500];
    private readonly byte[] _hash = new byte[64];
    private readonly byte[] _seed = new byte[32];
    private byte[][] _messages = [];
    private byte[][] _signatures = [];
    private byte[] _publicKey = [];
    private byte[] _signature = [];
    private MLDsa _key = null!;
    private int _next;

    [GlobalSetup]
    public void Prepare()
    {
        Random random = new(65);
        random.NextBytes(_record);
        random.NextBytes(_seed);
        _key = MLDsa.ImportMLDsaPrivateSeed(MLDsaAlgorithm.MLDsa65, _seed);
        _publicKey = _key.ExportMLDsaPublicKey();
        _signature = new byte[MLDsaAlgorithm.MLDsa65.SignatureSizeInBytes];
        _messages = [.. Enumerable.Range(0, MessageCount).Select(_ =>
        {
            byte[] message = new byte[MessageBytes];
            random.NextBytes(message);
            return message;
        })];
        _signatures = [.. _messages.Select(message => _key.SignData(message))];
    }

    [Benchmark(Description = "verify, key never seen")]
    public bool VerifyUnseen()
    {
        using MLDsa key = MLDsa.ImportMLDsaPublicKey(MLDsaAlgorithm.MLDsa65, _publicKey);
        int at = Advance();
        return key.VerifyData(_messages[at], _signatures[at]);
    }

    [Benchmark(Description = "verify, key seen before")]
    public bool VerifySeen()
    {
        int at = Advance();
        return _key.VerifyData(_messages[at], _signatures[at]);
    }

    [Benchmark(Description = "sign")]
    public void Sign() => _key.SignData(_messages[Advance()].AsSpan(), _signature.AsSpan());

    [Benchmark(Description = "key generation")]
    public void GenerateKey()
    {
        _seed[0]++;
        using MLDsa key = MLDsa.ImportMLDsaPrivateSeed(MLDsaAlgorithm.MLDsa65, _seed);
    }

    [Benchmark(Description = "record id, alone")]
    public void RecordId() => SHA3_512.HashData(_record, _hash);

    private int Advance() => _next = (_next + 1) % MessageCount;
}
