using System.Security.Cryptography;
using Ledger.Client.Files;
using Ledger.Client.Vaults;
using Ledger.Core;
using Ledger.Records;

namespace Ledger.Client;

/// <content>
/// How a content comes to be kept: its file first, encrypted and synced under its name, then its key, synced together
/// with those of all who wait. A crash in between leaves a file that nothing opens and nobody was told of.
/// </content>
public sealed partial class Vault
{
    private Task<Digest> KeepAsync(ReadOnlyMemory<byte> salt, ReadOnlyMemory<byte> content) =>
        KeepAsync(salt.Length + (long)content.Length, name: null, writer =>
        {
            writer.Write(salt.Span);
            writer.Write(content.Span);
        });

    private async Task<(Digest Digest, long Size)> KeepAsync(
        byte[] salt, Stream content, CancellationToken cancellation)
    {
        long size = 0;
        Digest digest = await KeepAsync(long.MaxValue, name: null, writer =>
        {
            writer.Write(salt);
            byte[] piece = new byte[SealedContent.PieceBytes];
            int read;
            while ((read = content.Read(piece)) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                size += read;
                if (size > StreamBytesMax)
                {
                    throw new VaultException($"A content has at most {StreamBytesMax} bytes; this one has more.");
                }

                writer.Write(piece.AsSpan(0, read));
            }
        }).ConfigureAwait(false);
        return (digest, size);
    }

    /// <param name="name">What the content is called; null for the SHA-256 of its bytes.</param>
    private async Task<Digest> KeepAsync(long expectedBytes, Digest? name, Action<SealedContent.Writer> write)
    {
        OpenVault vault = OpenOrMake();
        byte[] key = RandomNumberGenerator.GetBytes(SealedContent.KeyBytes);
        try
        {
            Digest kept = WriteFile(key, expectedBytes, name, write);
            await vault.Keys.AppendAsync(new KeyEntry(KeyEntryKind.Content, kept, new Digest(key)))
                .ConfigureAwait(false);
            return kept;
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw Refused(e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private Digest WriteFile(byte[] key, long expectedBytes, Digest? name, Action<SealedContent.Writer> write)
    {
        string part = Path.Combine(_contents, $"{Guid.NewGuid():N}.part");
        FileStream file = _disk.CreateNew(part, secret: true);
        Digest kept;
        try
        {
            using SealedContent.Writer writer = new(_disk, file, key, expectedBytes);
            write(writer);
            kept = writer.Finish(name);
            file.Dispose();
        }
        catch
        {
            file.Dispose();
            Disk.TryDelete(part);
            throw;
        }

        try
        {
            // A file of that name that is there already is what a crash left, or an erasure, and has no key.
            _disk.Replace(part, PathOf(kept));
        }
        catch
        {
            Disk.TryDelete(part);
            throw;
        }

        return kept;
    }

    /// <summary>The version is looked up by what it holds, so that an erased one is forgotten with its salt.</summary>
    private async Task<Digest> KeepPartAsync(OpenVault vault, Digest version, ReadOnlyMemory<byte> content)
    {
        if (vault.KnownParts.TryGetValue(version, out Digest known))
        {
            return known;
        }

        if (vault.Keys.Find(KeyEntryKind.Part, version) is [Digest first, ..])
        {
            // Its keeper may have died before it was durable.
            await vault.Keys.SyncAsync().ConfigureAwait(false);
            vault.Remember(version, first);
            return first;
        }

        Digest kept = await KeepAsync(RandomNumberGenerator.GetBytes(Commitment.SaltBytes), content)
            .ConfigureAwait(false);
        await vault.Keys.AppendAsync(new KeyEntry(KeyEntryKind.Part, version, kept)).ConfigureAwait(false);

        // Another process may have kept the same version meanwhile: the first entry is the one for all.
        known = vault.Keys.Find(KeyEntryKind.Part, version)[0];
        vault.Remember(version, known);
        return known;
    }

    /// <summary>
    /// A text whose name follows from it, kept once; several at a time share syncs, and all who ask for one text meanwhile
    /// wait for the same.
    /// </summary>
    private async Task KeepNameAsync(OpenVault vault, Digest name, byte[] text)
    {
        if (_names.Count >= NamesMax)
        {
            _names.Clear();
        }

        Lazy<Task> keeping = _names.GetOrAdd(name, _ => new Lazy<Task>(() => KeepNewNameAsync(vault, name, text)));
        try
        {
            await keeping.Value.ConfigureAwait(false);
        }
        catch
        {
            // After a full disk the next call tries again.
            _names.TryRemove(KeyValuePair.Create(name, keeping));
            throw;
        }
    }

    /// <summary>
    /// Whoever finds the text there makes it last: its keeper may have died before he could. A file without its key is
    /// what a crash left, or an erasure.
    /// </summary>
    private async Task KeepNewNameAsync(OpenVault vault, Digest name, byte[] text)
    {
        try
        {
            Task durable = File.Exists(PathOf(name)) && vault.Keys.Find(KeyEntryKind.Content, name).Count > 0
                ? vault.Keys.SyncAsync()
                : KeepAsync(text.Length, name, writer => writer.Write(text));
            await durable.ConfigureAwait(false);
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw Refused(e);
        }
    }
}
