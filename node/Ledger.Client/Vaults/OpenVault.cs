using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ledger.Client.Files;
using Ledger.Core;

namespace Ledger.Client.Vaults;

/// <summary>A vault whose data key is at hand.</summary>
internal sealed class OpenVault
{
    /// <summary>Versions of parts that are remembered; beyond that the table is asked again.</summary>
    private const int PartsMax = 10_000;

    private readonly byte[] _drawing;

    public OpenVault(Disk disk, string folder, string contents, byte[] dataKey)
    {
        _drawing = Derive(dataKey, "draw");
        DataKey = dataKey;
        Keys = new ContentKeys(disk, folder, contents, Derive(dataKey, "keys"));
    }

    public byte[] DataKey { get; }

    public ContentKeys Keys { get; }

    /// <summary>One at a time, so that equal parts that come together get one digest.</summary>
    public SemaphoreSlim Parts { get; } = new(1, 1);

    public ConcurrentDictionary<Digest, Digest> KnownParts { get; } = new();

    public void Remember(Digest version, Digest content)
    {
        if (KnownParts.Count >= PartsMax)
        {
            KnownParts.Clear();
        }

        KnownParts[version] = content;
    }

    /// <summary>HMAC-SHA-256 over the use, the name and the bytes, each set off from the next.</summary>
    public Digest Draw(string use, string name, ReadOnlySpan<byte> bytes)
    {
        byte[] message = [.. Encoding.UTF8.GetBytes($"ledger/vault/1\0{use}\0{name}\0"), .. bytes];
        return new Digest(HMACSHA256.HashData(_drawing, message));
    }

    private static byte[] Derive(byte[] dataKey, string use) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        dataKey,
        VaultKeyFile.DataKeyBytes,
        info: Encoding.UTF8.GetBytes($"ledger/vault/1 {use}"));
}
