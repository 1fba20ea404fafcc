using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Ledger.Client.Files;
using Ledger.Client.Vaults;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Client;

/// <summary>What the vault has under a commitment.</summary>
public enum VaultFinding
{
    /// <summary>Salt and content are there and make the commitment.</summary>
    Opens,

    /// <summary>There is no key for it: never kept here, lost, or erased.</summary>
    Missing,

    /// <summary>There is a key, and the file is gone, or is not what was kept.</summary>
    Damaged,
}

/// <content>Making and opening the vault, reading what it keeps, and granting it to others.</content>
public sealed partial class Vault
{
    private const string KeyFileName = "key";

    private string KeyPath => Path.Combine(Folder, KeyFileName);

    /// <summary>Salt and content of a commitment, checked against it. False if they are gone or were changed.</summary>
    /// <exception cref="VaultException">The vault cannot be opened, or the content is larger than 256 MiB.</exception>
    public bool TryOpen(Digest commitment, out byte[] salt, out byte[] content)
    {
        using MemoryStream plain = new();
        VaultFinding found = Read(commitment, piece =>
        {
            if (plain.Length + piece.Length > ContentBytesMax + Commitment.SaltBytes)
            {
                throw new VaultException(
                    $"The content of {commitment} has more than {ContentBytesMax} bytes: copy it to a file instead.");
            }

            plain.Write(piece);
        });
        if (found != VaultFinding.Opens)
        {
            (salt, content) = ([], []);
            return false;
        }

        ReadOnlySpan<byte> all = plain.GetBuffer().AsSpan(0, (int)plain.Length);
        (salt, content) = (all[..Commitment.SaltBytes].ToArray(), all[Commitment.SaltBytes..].ToArray());
        return true;
    }

    /// <summary>Re-computes a commitment from what is kept, in memory that does not grow with the content.</summary>
    /// <param name="bytes">Of the content; 0 unless it opens.</param>
    /// <exception cref="VaultException">The vault cannot be opened.</exception>
    public VaultFinding Check(Digest commitment, out ulong bytes)
    {
        long size = -Commitment.SaltBytes;
        VaultFinding found = Read(commitment, piece => size += piece.Length);
        bytes = found == VaultFinding.Opens ? (ulong)size : 0;
        return found;
    }

    /// <summary>Lets a further signing key of the stream open the vault: the one that a rotation puts in force.
    /// </summary>
    /// <exception cref="VaultException">The vault cannot be opened or written, or 16 may open it already.</exception>
    public void Grant(SigningKey key) => Grant(VaultUnlock.With(key), VaultKeyFile.RoundsDefault);

    /// <summary>Lets a passphrase open the vault, for a reader who is not to seal.</summary>
    /// <param name="passphrase">1 to 1,024 bytes of UTF-8.</param>
    /// <exception cref="VaultException">The vault cannot be opened or written, or 16 may open it already.</exception>
    public void Grant(string passphrase) => Grant(VaultUnlock.With(passphrase), VaultKeyFile.RoundsDefault);

    internal void Grant(VaultUnlock unlock, int rounds)
    {
        OpenVault vault = OpenExisting();
        VaultKeyFile file = ReadKeyFile();
        if (unlock.Kid is { } kid && file.Slots.Any(slot => slot.Kid == kid))
        {
            return;
        }

        if (file.Slots.Length == VaultKeyFile.SlotsMax)
        {
            throw new VaultException($"{KeyPath} is granted {VaultKeyFile.SlotsMax} times, which is the limit.");
        }

        string part = $"{KeyPath}.{Guid.NewGuid():N}.part";
        try
        {
            _disk.WriteNew(part, file.With(unlock, vault.DataKey, rounds).Encode(), [], secret: true);
            _disk.Replace(part, KeyPath);
            _disk.SyncFolder(Folder);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            Disk.TryDelete(part);
            throw Refused(e);
        }
    }

    /// <summary>Hands out the plain bytes, salt first; they count only if the answer is that they open.</summary>
    private VaultFinding Read(Digest commitment, Action<ReadOnlySpan<byte>> take)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        bool read = TryRead(
            commitment,
            piece =>
            {
                hash.AppendData(piece);
                take(piece);
                return true;
            },
            out bool hasKey);
        return !hasKey ? VaultFinding.Missing
            : read && new Digest(hash.GetHashAndReset()) == commitment ? VaultFinding.Opens
            : VaultFinding.Damaged;
    }

    private bool TryRead(Digest name, SealedContent.TakePiece take) => TryRead(name, take, out _);

    private bool TryRead(Digest name, SealedContent.TakePiece take, out bool hasKey)
    {
        hasKey = false;
        if (!Directory.Exists(Folder))
        {
            return false;
        }

        IReadOnlyList<Digest> keys = OpenExisting().Keys.Find(KeyEntryKind.Content, name);
        hasKey = keys.Count > 0;
        if (!hasKey || !File.Exists(PathOf(name)))
        {
            return false;
        }

        using FileStream file = _disk.OpenReading(PathOf(name));
        return keys.Any(key => SealedContent.TryRead(file, key.Span, name, take));
    }

    /// <exception cref="VaultException">There is no vault, or this key does not open it.</exception>
    private OpenVault OpenExisting()
    {
        lock (_gate)
        {
            RefusePlain();
            return _open ??= Open(ReadKeyFile());
        }
    }

    private OpenVault OpenOrMake()
    {
        lock (_gate)
        {
            if (_open is not null)
            {
                return _open;
            }

            try
            {
                RefusePlain();
                if (!File.Exists(KeyPath))
                {
                    Make();
                }

                // Its maker may have died before its names were durable.
                _disk.SyncFolder(Disk.FolderOf(Folder));
                _disk.SyncFolder(Folder);
                return _open = Open(ReadKeyFile());
            }
            catch (Exception e) when (Disk.IsTrouble(e))
            {
                throw Refused(e);
            }
        }
    }

    /// <summary>The table before the key file: where that stands, all stands.</summary>
    private void Make()
    {
        if (ContentKeys.HasEntries(Folder) && !File.Exists(KeyPath))
        {
            throw new VaultException(
                $"{KeyPath} is missing, and without it no content of the vault can be opened: restore it from a copy.");
        }

        _disk.CreateFolder(Folder);
        _disk.CreateFolder(_contents);
        ContentKeys.Make(_disk, Folder);
        byte[] dataKey = RandomNumberGenerator.GetBytes(VaultKeyFile.DataKeyBytes);
        string part = $"{KeyPath}.{Guid.NewGuid():N}.part";
        _disk.WriteNew(part, new VaultKeyFile(_stream, []).With(_unlock, dataKey).Encode(), [], secret: true);
        RenameOrDelete(_disk, part, KeyPath);
        CryptographicOperations.ZeroMemory(dataKey);
    }

    private VaultKeyFile ReadKeyFile()
    {
        byte[] bytes = new byte[VaultKeyFile.BytesMax + 1];
        int length;
        try
        {
            using FileStream stream = _disk.OpenReading(KeyPath);
            length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new VaultException($"There is no vault {Folder}, or its file \"{KeyFileName}\" is missing.", e);
        }

        if (!VaultKeyFile.TryParse(bytes.AsSpan(0, length), out VaultKeyFile? file, out var error))
        {
            throw new VaultException($"{KeyPath} is no key file of a vault, or was damaged ({error}): restore it.");
        }

        return file.Stream == _stream
            ? file
            : throw new VaultException($"{Folder} is the vault of another stream, {file.Stream}. Put it where it was.");
    }

    private OpenVault Open(VaultKeyFile file)
    {
        if (!file.TryOpen(_unlock, out byte[]? dataKey))
        {
            throw new VaultException(_unlock.Kid is { } kid
                ? $"The key {kid} does not open the vault {Folder}. Open it with a key that does, and grant it to this "
                    + "one: ledger vault grant."
                : $"The passphrase does not open the vault {Folder}.");
        }

        return File.Exists(Path.Combine(Folder, ContentKeys.FileName))
            ? new OpenVault(_disk, Folder, _contents, dataKey)
            : throw new VaultException(
                $"{Path.Combine(Folder, ContentKeys.FileName)} is missing: restore it from its newest copy. Without it "
                    + "no content of the vault can be opened.");
    }

    /// <summary>Earlier builds kept contents in clear; none was released, so nothing converts such a folder.</summary>
    private void RefusePlain()
    {
        if (File.Exists(KeyPath) || !Directory.Exists(Folder))
        {
            return;
        }

        // Its contents stood beside its secret, each under its commitment.
        if (Directory.EnumerateFiles(Folder).Select(Path.GetFileName)
            .Any(name => name is "secret" || name!.Length == 2 * Digest.Size))
        {
            throw new VaultException(
                $"{Folder} is a vault of an earlier form, in clear. Nothing in it was changed. Move it away, and begin "
                    + "a new stream: its records stay provable with the files there, each of which is salt and content.");
        }
    }
}
