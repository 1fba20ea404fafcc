using Ledger.Client.Files;
using Ledger.Client.Vaults;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Client;

/// <content>
/// Destroying contents. The note <c>erasing</c> holds the body of the record that will say so, from before the first
/// key is destroyed until the record is sealed.
/// </content>
public sealed partial class Vault
{
    private const int ErasingBytesMax = 1 << 16;

    private string ErasingPath => Path.Combine(Folder, "erasing");

    internal void BeginErasing(CborMap body)
    {
        byte[] bytes = new CborWriter().Map(3)
            .Text("v"u8).Unsigned(1)
            .Text("body"u8).Bytes(body.Encode())
            .Text("type"u8).Text("erasing"u8)
            .ToArray();
        string part = $"{ErasingPath}.{Guid.NewGuid():N}.part";
        Try(() =>
        {
            _disk.WriteNew(part, bytes, [], secret: true);
            _disk.Replace(part, ErasingPath);
            _disk.SyncFolder(Folder);
        });
    }

    /// <summary>The body of the record of an erasure that was not finished; null if there is none.</summary>
    internal CborMap? ReadErasing()
    {
        if (!File.Exists(ErasingPath))
        {
            return null;
        }

        byte[] bytes = [];
        Try(() => bytes = File.ReadAllBytes(ErasingPath));
        CborReader reader = new(bytes);
        byte[] body = [];
        return bytes.Length <= ErasingBytesMax
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadMember(ref map, "body"u8, 1, ErasingBytesMax, out body)
            && reader.TryReadKey(ref map, "type"u8)
            && reader.TryReadText("erasing"u8)
            && reader.EndMap(map)
            && reader.TryFinish()
            && CborValue.TryDecode(body, out CborValue? value, out _)
            && value is CborMap read
            ? read
            : throw new VaultException($"{ErasingPath} was damaged. Look what it should finish, then delete it.");
    }

    internal void EndErasing() => Try(() =>
    {
        _disk.Delete(ErasingPath);
        _disk.SyncFolder(Folder);
    });

    /// <summary>
    /// Destroys the keys of contents, and then their files. On the medium when this returns, as far as the medium
    /// overwrites what it is told to overwrite.
    /// </summary>
    internal void Destroy(IReadOnlySet<Digest> contents)
    {
        if (contents.Count == 0)
        {
            return;
        }

        OpenVault vault = OpenExisting();
        Try(() =>
        {
            vault.Keys.Destroy(contents);
            foreach (Digest content in contents)
            {
                _disk.Delete(PathOf(content));
            }

            _disk.SyncFolder(_contents);
        });
        vault.KnownParts.Clear();
    }

    /// <summary>
    /// Deletes files that were never given their names, since whoever wrote them died: no key opens them.
    /// </summary>
    /// <param name="before">Younger ones may be under way.</param>
    internal void DeleteLeftovers(DateTimeOffset before)
    {
        if (!Directory.Exists(Folder))
        {
            return;
        }

        foreach (string path in Directory.GetFiles(Folder, "*.part", SearchOption.AllDirectories))
        {
            if (File.GetLastWriteTimeUtc(path) < before.UtcDateTime)
            {
                Try(() => _disk.Delete(path));
            }
        }
    }

    private void Try(Action change)
    {
        try
        {
            change();
        }
        catch (Exception e) when (Disk.IsTrouble(e))
        {
            throw new VaultException(
                $"The vault {Folder} cannot be changed: {e.Message} Mend the disk, and run the command again.", e);
        }
    }
}
