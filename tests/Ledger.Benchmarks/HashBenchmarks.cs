using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Ledger.Core;
using Ledger.Core.Hashing;

namespace Ledger.Benchmarks;

/// <summary>Hashes of a record of 4,500 bytes, and of a node of the log.</summary>
public class HashBenchmarks
{
    private const int RecordBytes = 4_500;
    private const int BatchSize = 64;
    private readonly ReadOnlyMemory<byte>[] _records = new ReadOnlyMemory<byte>[BatchSize];
    private readonly RecordId[] _ids = new RecordId[BatchSize];
    private readonly EntryHash[] _entries = new EntryHash[BatchSize];
    private readonly byte[] _hash = new byte[Sha3.Hash512Bytes];

    [GlobalSetup]
    public void Prepare()
    {
        Random random = new(512);
        for (int i = 0; i < BatchSize; i++)
        {
            byte[] record = new byte[RecordBytes];
            random.NextBytes(record);
            _records[i] = record;
        }
    }

    [Benchmark(Description = "record id, alone")]
    public void RecordId() => Sha3.Hash512(_records[0].Span, _hash);

    [Benchmark(Description = "record id, batch of 64", OperationsPerInvoke = BatchSize)]
    public void RecordIds() => Sha3.Hash512(_records, _ids);

    [Benchmark(Description = "entry (the platform's SHA-256)")]
    public EntryHash Entry() => EntryHash.Of(_records[0].Span);

    [Benchmark(Description = "entry, batch of 64", OperationsPerInvoke = BatchSize)]
    public void Entries() => Sha2.Hash256(_records, _entries);

    [Benchmark(Description = "65 bytes, as a Merkle node (the platform's SHA-256)")]
    public void MerkleNode() => SHA256.HashData(_records[0].Span[..65], _hash.AsSpan(0, 32));
}
