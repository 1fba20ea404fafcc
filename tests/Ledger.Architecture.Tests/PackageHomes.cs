namespace Ledger.Architecture.Tests;

/// <summary>One package, one home: the product project that may take it.</summary>
internal static class PackageHomes
{
    private static readonly Dictionary<string, string> Homes = new(StringComparer.Ordinal)
    {
        ["Google.Protobuf"] = "Ledger.Network",
        ["Grpc.Tools"] = "Ledger.Network",
        ["SimpleBase"] = "Ledger.Network",
        ["System.CommandLine"] = "Ledger.Cli",
        ["Spectre.Console"] = "Ledger.Cli",
        ["Microsoft.AspNetCore.OpenApi"] = "Ledger.Node",
        ["OpenTelemetry"] = "Ledger.Node",
        ["OpenTelemetry.Exporter.OpenTelemetryProtocol"] = "Ledger.Node",
    };

    /// <summary>Each package that stands where it has no home; empty when all are at home.</summary>
    internal static IEnumerable<string> Strays(IEnumerable<ProjectFile> projects) =>
        from project in projects
        where project.IsProduct
        from package in project.Packages
        let home = Homes.GetValueOrDefault(package)
        where home != project.Name
        select home is null
            ? $"{project.Name} takes {package}, which has no home in the table."
            : $"{project.Name} takes {package}, whose home is {home}.";

    /// <summary>Each version that stands in a project file instead of the central one.</summary>
    internal static IEnumerable<string> Versions(IEnumerable<ProjectFile> projects) =>
        from project in projects
        from reference in project.Xml.Descendants("PackageReference")
        where reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null
        select $"{project.Name} gives {(string?)reference.Attribute("Include")} a version of its own.";
}
