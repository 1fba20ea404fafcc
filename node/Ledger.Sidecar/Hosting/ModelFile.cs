using System.Text.Json;
using Ledger.Client;
using Ledger.Records.Bodies;

namespace Ledger.Sidecar.Hosting;

/// <summary>
/// The file that says of which parts a model consists and where they are; see node/README.md. Read again when it
/// changes, so that a new version is a change like any other. Thread-safe.
/// </summary>
internal sealed class ModelFile
{
    private const int BytesMax = 1 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };
    private static readonly ModelPart[] Parts = [.. Enum.GetValues<ModelPart>().Where(part => part != ModelPart.Model)];

    private readonly Lock _gate = new();
    private readonly string _path;
    private byte[] _applied = [];

    private ModelFile(string path, ModelState state) => (_path, State) = (path, state);

    public ModelState State { get; }

    /// <exception cref="UsageException">The message says what is wrong with the file.</exception>
    public static ModelFile Load(string path)
    {
        string full = Path.GetFullPath(path);
        byte[] bytes = Read(full);
        using JsonDocument document = Parse(full, bytes);
        ModelFile file = new(full, new ModelState(
            Text(full, document.RootElement, "name"), Text(full, document.RootElement, "version")));
        file.Apply(document.RootElement);
        file._applied = bytes;
        return file;
    }

    /// <summary>Takes in what the file says now.</summary>
    /// <exception cref="UsageException">It says nothing that can be read; no act may run on that.</exception>
    public void Refresh()
    {
        byte[] bytes = Read(_path);
        lock (_gate)
        {
            if (bytes.AsSpan().SequenceEqual(_applied))
            {
                return;
            }

            using JsonDocument document = Parse(_path, bytes);
            if (Text(_path, document.RootElement, "name") != State.Name)
            {
                throw new UsageException($"{_path} names another model than at the start: start the sidecar again.");
            }

            State.Version = Text(_path, document.RootElement, "version");
            Apply(document.RootElement);
            _applied = bytes;
        }
    }

    private void Apply(JsonElement root)
    {
        foreach (JsonProperty member in root.EnumerateObject())
        {
            if (member.Name is not ("name" or "version") && Parts.All(part => part.Word() != member.Name))
            {
                throw new UsageException(
                    $"{_path}: '{member.Name}' is unknown. Known are name, version, "
                    + $"{string.Join(", ", Parts.Select(part => part.Word()))}.");
            }
        }

        foreach (ModelPart part in Parts)
        {
            State.Set(part, root.TryGetProperty(part.Word(), out JsonElement source) ? Source(part, source) : null);
        }
    }

    private PartSource Source(ModelPart part, JsonElement source)
    {
        JsonProperty[] members = source.ValueKind == JsonValueKind.Object ? [.. source.EnumerateObject()] : [];
        if (members is [{ Value.ValueKind: JsonValueKind.String } only] && only.Value.GetString() is { Length: > 0 } value)
        {
            switch (only.Name)
            {
                case "text":
                    return PartSource.Text(value);
                case "file":
                    return PartSource.File(Beside(value));
                case "hashed":
                    return PartSource.Hashed(Beside(value));
            }
        }

        throw new UsageException(
            $"{_path}: '{part.Word()}' is one of {{\"text\": \"…\"}}, {{\"file\": \"PATH\"}} and {{\"hashed\": \"PATH\"}}.");
    }

    private string Beside(string path) => Path.Combine(Path.GetDirectoryName(_path)!, path);

    private static byte[] Read(string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            return bytes.Length <= BytesMax
                ? bytes
                : throw new UsageException($"{path} is longer than {BytesMax} bytes: name files instead of quoting them.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The model's description {path} cannot be read: {e.Message}");
        }
    }

    private static JsonDocument Parse(string path, byte[] bytes)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new UsageException($"{path} holds no JSON object.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path} is no valid JSON: {e.Message}");
        }
    }

    private static string Text(string path, JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= 200 } text
            ? text
            : throw new UsageException($"{path}: '{name}' is a text of 1 to 200 characters.");
}
