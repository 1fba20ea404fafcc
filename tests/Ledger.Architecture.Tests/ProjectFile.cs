using System.Xml.Linq;

namespace Ledger.Architecture.Tests;

/// <summary>What a project file says: where it stands, whom it references, which packages it takes.</summary>
/// <param name="Path">Relative to the root, with forward slashes.</param>
internal sealed record ProjectFile(string Path, XElement Xml)
{
    /// <summary>The project's name, which is that of its file.</summary>
    internal string Name { get; } = System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The part of the house it stands in: consensus, anchor, node or tests.</summary>
    internal string Part { get; } = Path.Split('/')[0];

    internal bool IsProduct => Part != "tests";

    internal bool IsPure => Values("LedgerPure").Contains("true");

    /// <summary>Names of the projects it references.</summary>
    internal IReadOnlyList<string> References { get; } =
        [.. Includes(Xml, "ProjectReference").Select(path => System.IO.Path.GetFileNameWithoutExtension(path))];

    /// <summary>Names of the packages it takes.</summary>
    internal IReadOnlyList<string> Packages { get; } = [.. Includes(Xml, "PackageReference")];

    internal IEnumerable<string> Values(string element) => Xml.Descendants(element).Select(found => found.Value.Trim());

    internal static ProjectFile Parse(string path, string xml) => new(path, XElement.Parse(xml));

    private static IEnumerable<string> Includes(XElement xml, string element) =>
        xml.Descendants(element).Select(found => (string?)found.Attribute("Include") ?? "").Where(name => name != "");
}
