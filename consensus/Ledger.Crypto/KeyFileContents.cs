using System.Security.Cryptography;
using Ledger.Core.Cbor;

namespace Ledger.Crypto;

/// <summary>The members of a key file, past the form of their writing.</summary>
/// <param name="Lock">Null where the seed lies in clear.</param>
/// <param name="Seed">32 bytes in clear, or 48 sealed.</param>
internal sealed record KeyFileContents(byte[] PublicKey, KeyFileLock? Lock, byte[] Seed)
{
    private const int CheckBytes = 8;

    /// <summary>Associated data: everything but the seed, as deterministic CBOR.</summary>
    public ReadOnlySpan<byte> Header()
    {
        CborWriter writer = new(2_304);
        writer.Array(8).Text("ledger/keyfile/1"u8).Text(KeyFile.Algorithm).Bytes(PublicKey);
        return Lock is null
            ? writer.Text(KeyFile.NoKdf).Null().Null().Null().Null().WrittenSpan
            : writer.Text(KeyFile.Kdf).Unsigned((ulong)Lock.Iterations).Bytes(Lock.Salt).Text(KeyFile.Cipher).Bytes(Lock.Nonce).WrittenSpan;
    }

    public byte[] Check()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Header());
        hash.AppendData(Seed);
        return hash.GetHashAndReset()[..CheckBytes];
    }
}

/// <summary>How the seed is sealed.</summary>
internal sealed record KeyFileLock(int Iterations, byte[] Salt, byte[] Nonce);
