using System.Collections.Immutable;
using System.Text;
using Ledger.Client.Files;
using Ledger.Client.Model;
using Ledger.Core;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>Where a part of a model's state comes from.</summary>
public abstract record PartSource
{
    /// <summary>Bytes of one text or of one small file.</summary>
    public const int BytesMax = 16 << 20;

    private protected PartSource()
    {
    }

    /// <summary>The text itself: a prompt, settings as JSON, the version of a corpus.</summary>
    public static PartSource Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TextSource(text);
    }

    /// <summary>The bytes of a file of at most 16 MiB, which the vault keeps: a prompt, a filter, settings.</summary>
    public static PartSource File(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FileSource(path);
    }

    /// <summary>
    /// Files of any size, hashed where they lie: weights, adapters, a corpus. Of these the vault keeps the list, as
    /// <c>sha256sum</c> prints and checks it.
    /// </summary>
    /// <param name="path">A file, or a folder with all that is in it, at most 10,000 files.</param>
    public static PartSource Hashed(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new HashedSource(path);
    }

    internal sealed record TextSource(string Value) : PartSource;

    internal sealed record FileSource(string Path) : PartSource;

    internal sealed record HashedSource(string Path) : PartSource;
}

/// <summary>
/// The eight parts that decide what a model answers, read from where they really are. A guard that was given one holds
/// every act against the last attested state. Files are read again when inode, size or one of their times changed.
/// Thread-safe.
/// </summary>
/// <remarks>
/// The part <c>model</c> is the name and the version. The part <c>provider</c> is what is set for it and, after a zero
/// byte, the provider's own word for what runs there, once it was heard. The first word is pinned by a <c>model</c>
/// record of the guard's own; a later one that differs is a change like any other.
/// </remarks>
public sealed class ModelState
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelPart, PartSource> _sources = [];
    private readonly PartReader _reader;
    private string _version;
    private string? _reported;

    /// <param name="name">A pseudonym or a product's name; it identifies the model in its stream, for ever.</param>
    public ModelState(string name, string version)
        : this(name, version, Disk.Real)
    {
    }

    internal ModelState(string name, string version, Disk disk)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(version);
        (Name, _version, _reader) = (name, version, new PartReader(disk));
    }

    public string Name { get; }

    public string Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }

        set
        {
            ArgumentException.ThrowIfNullOrEmpty(value);
            lock (_gate)
            {
                _version = value;
            }
        }
    }

    /// <summary>Says where a part comes from; null takes the part away.</summary>
    /// <param name="part">Any but <see cref="ModelPart.Model"/>, which is the name and the version.</param>
    public void Set(ModelPart part, PartSource? source)
    {
        if (part == ModelPart.Model)
        {
            throw new ArgumentException("The part 'model' is the name and the version: set those.", nameof(part));
        }

        lock (_gate)
        {
            if (source is null)
            {
                _sources.Remove(part);
            }
            else
            {
                _sources[part] = source;
            }
        }
    }

    /// <summary>What the provider says of itself, as the last outcome carried it.</summary>
    internal string? Reported
    {
        get
        {
            lock (_gate)
            {
                return _reported;
            }
        }

        set
        {
            lock (_gate)
            {
                _reported = value;
            }
        }
    }

    /// <summary>Reads every part as it is now. What a digest stands for is in the vault when this returns.</summary>
    /// <exception cref="ModelStateException">A part cannot be read.</exception>
    /// <exception cref="VaultException">The vault cannot keep it.</exception>
    internal async Task<StateNow> ReadAsync(Vault vault, CancellationToken cancellation)
    {
        KeyValuePair<ModelPart, PartSource>[] sources;
        string version;
        string? reported;
        lock (_gate)
        {
            (sources, version, reported) = ([.. _sources], _version, _reported);
        }

        ImmutableDictionary<ModelPart, Digest>.Builder parts = ImmutableDictionary.CreateBuilder<ModelPart, Digest>();
        byte[] identity = Encoding.UTF8.GetBytes($"{Name}\n{version}\n");
        parts[ModelPart.Model] = await _reader.CommitAsync(vault, ModelPart.Model, identity, cancellation)
            .ConfigureAwait(false);
        byte[] declared = [];
        foreach ((ModelPart part, PartSource source) in sources.OrderBy(pair => pair.Key))
        {
            byte[] content = await _reader.ReadAsync(part, source, cancellation).ConfigureAwait(false);
            parts[part] = await _reader.CommitAsync(vault, part, content, cancellation).ConfigureAwait(false);
            declared = part == ModelPart.Provider ? content : declared;
        }

        Digest? silent = parts.TryGetValue(ModelPart.Provider, out Digest provider) ? provider : null;
        if (reported is not null)
        {
            parts[ModelPart.Provider] = await ProviderAsync(vault, declared, reported, cancellation)
                .ConfigureAwait(false);
        }

        return new StateNow(Name, version, reported, parts.ToImmutable(), silent, declared);
    }

    /// <summary>The part <c>provider</c> with a word of the provider's own.</summary>
    internal Task<Digest> ProviderAsync(
        Vault vault, byte[] declared, string reported, CancellationToken cancellation) => _reader.CommitAsync(
            vault, ModelPart.Provider, [.. declared, 0, .. Encoding.UTF8.GetBytes(reported)], cancellation);
}
