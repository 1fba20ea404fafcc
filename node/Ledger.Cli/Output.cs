using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ledger.Cli;

/// <summary>With --json, standard output is one JSON document and nothing else; what is for people goes to standard error.</summary>
internal sealed class Output(bool json)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public bool Json => json;

    /// <summary>For people; silent with --json.</summary>
    public void Say(string line)
    {
        if (!json)
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>The one document; silent without --json.</summary>
    public void Document(JsonNode document)
    {
        if (!json)
        {
            return;
        }

        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, Indented))
        {
            document.WriteTo(writer);
        }

        Console.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
