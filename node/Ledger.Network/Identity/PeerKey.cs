using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Ledger.Network.Addresses;
using Ledger.Network.Wire;

namespace Ledger.Network.Identity;

/// <summary>
/// The secp256k1 key that a peer goes by. It protects the link, never the evidence. Signing is thread-safe. On disk it is
/// the protobuf form that libp2p stacks share, <c>{1: 2, 2: 32 secret bytes}</c>, readable by its owner alone.
/// </summary>
public sealed class PeerKey : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly ECDsa _key;
    private readonly Lock _signing = new();

    private PeerKey(ECDsa key)
    {
        _key = key;
        PublicKey = PeerPublicKey.OfSecp256k1(Secp256k1.Compress(key.ExportParameters(false).Q));
    }

    public PeerPublicKey PublicKey { get; }

    public PeerId Peer => PublicKey.Peer;

    /// <summary>A fresh key.</summary>
    public static PeerKey Generate() => new(ECDsa.Create(Secp256k1.Curve));

    /// <summary>Reads the protobuf form of a private key.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out PeerKey? key)
    {
        key = null;
        if (!PublicKeyCodec.TryDecode(encoded, out PeerKeyType type, out ReadOnlySpan<byte> secret)
            || type != PeerKeyType.Secp256k1 || !Secp256k1.IsScalar(secret))
        {
            return false;
        }
        key = new(ECDsa.Create(new ECParameters { Curve = Secp256k1.Curve, D = secret.ToArray() }));
        return true;
    }

    /// <summary>Reads a key file.</summary>
    /// <exception cref="PeerKeyException">It cannot be read, others may read it, or it is no secp256k1 key.</exception>
    public static PeerKey Load(string path)
    {
        byte[] bytes = Read(path);
        try
        {
            return TryDecode(bytes, out PeerKey? key)
                ? key
                : throw new PeerKeyException(
                    $"{path} is no secp256k1 key in libp2p's form: restore it from a copy, or make a new one.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Writes the key into a file that must not be there yet, and syncs it.</summary>
    /// <exception cref="PeerKeyException">The file is there already, or cannot be written.</exception>
    public void Save(string path)
    {
        ECParameters parameters = _key.ExportParameters(true);
        byte[] secret = new byte[Secp256k1.ScalarBytes];
        parameters.D!.CopyTo(secret, secret.Length - parameters.D.Length);
        byte[] encoded = PublicKeyCodec.Encode(PeerKeyType.Secp256k1, secret);
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = Owner;
            using FileStream file = new(path, options);
            file.Write(encoded);
            file.Flush(flushToDisk: true);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new PeerKeyException($"The peer key cannot be written to {path}: {trouble.Message}", trouble);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(encoded);
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    /// <summary>A signature over SHA-256 of the message, in DER, S in the lower half of the order.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        lock (_signing)
            return Secp256k1.Sign(_key, message);
    }

    public void Dispose() => _key.Dispose();

    private static byte[] Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
                throw new PeerKeyException($"Others may read {path}: make it yours alone with chmod 600.");
            byte[] bytes = new byte[3 + Varint.BytesMax + Secp256k1.ScalarBytes];
            int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return bytes[..read];
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new PeerKeyException($"The peer key {path} cannot be read: {trouble.Message}", trouble);
        }
    }
}

/// <summary>A peer key cannot be used; the message says what to do.</summary>
public sealed class PeerKeyException : Exception
{
    public PeerKeyException() { }

    public PeerKeyException(string message) : base(message) { }

    public PeerKeyException(string message, Exception inner) : base(message, inner) { }
}
