namespace Ledger.Architecture.Tests;

/// <summary>Which project may know which. What is not written here is not allowed.</summary>
internal static class Arrows
{
    private static readonly string[] Consensus = ["Ledger.Core", "Ledger.Crypto", "Ledger.Records", "Ledger.Consensus"];
    private static readonly string[] Anchor = ["Ledger.Proofs", "Ledger.Anchoring", "Ledger.Bitcoin"];
    private static readonly string[] Beneath = [.. Consensus, .. Anchor];

    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["Ledger.Core"] = [],
        ["Ledger.Crypto"] = ["Ledger.Core"],
        ["Ledger.Records"] = ["Ledger.Core", "Ledger.Crypto"],
        ["Ledger.Consensus"] = ["Ledger.Core"],
        ["Ledger.Proofs"] = ["Ledger.Core", "Ledger.Crypto", "Ledger.Records"],
        ["Ledger.Anchoring"] = ["Ledger.Core"],
        ["Ledger.Bitcoin"] = ["Ledger.Core", "Ledger.Proofs"],
        ["Ledger.Runtime"] = Beneath,
        ["Ledger.Storage"] = [.. Beneath, "Ledger.Runtime"],
        ["Ledger.Network"] = [.. Beneath, "Ledger.Runtime"],
        ["Ledger.Client"] = Beneath,
        ["Ledger.Sidecar"] = [.. Beneath, "Ledger.Client"],
        ["Ledger.Cli"] = [.. Beneath, "Ledger.Client", "Ledger.Runtime", "Ledger.Storage", "Ledger.Network"],
        ["Ledger.Node"] = [.. Beneath, "Ledger.Runtime", "Ledger.Storage", "Ledger.Network"],
    };

    private static readonly string[] Pure =
        ["Ledger.Core", "Ledger.Crypto", "Ledger.Records", "Ledger.Consensus", "Ledger.Proofs", "Ledger.Anchoring"];

    /// <summary>Each broken arrow as a sentence; empty when all hold.</summary>
    internal static IEnumerable<string> Broken(IReadOnlyCollection<ProjectFile> projects) =>
        projects.SelectMany(project => BrokenBy(project, projects));

    /// <summary>Each pure project that does not say so, and each that takes the rule back.</summary>
    internal static IEnumerable<string> Impure(IReadOnlyCollection<ProjectFile> projects)
    {
        foreach (ProjectFile project in projects.Where(project => Pure.Contains(project.Name)))
        {
            if (!project.IsPure)
                yield return $"{project.Path} lacks <LedgerPure>true</LedgerPure>.";
            if (project.Values("NoWarn").Any(value => value.Contains("RS0030")))
                yield return $"{project.Path} switches the list of banned calls off.";
        }
    }

    private static IEnumerable<string> BrokenBy(ProjectFile project, IReadOnlyCollection<ProjectFile> projects)
    {
        if (!project.IsProduct)
            yield break;
        if (!Known.TryGetValue(project.Name, out string[]? allowed))
        {
            yield return $"{project.Name} has no place in the table of arrows.";
            yield break;
        }
        foreach (string target in project.References)
        {
            if (projects.Any(other => other.Name == target && !other.IsProduct))
                yield return $"{project.Name} is product and references the test project {target}.";
            else if (!allowed.Contains(target))
                yield return $"{project.Name} must not know {target}.";
        }
    }
}
