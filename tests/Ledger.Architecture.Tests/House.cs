using Ledger.TestKit;

namespace Ledger.Architecture.Tests;

/// <summary>A source file by its path relative to the root, and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    internal string Name { get; } = System.IO.Path.GetFileName(Path);

    internal string Extension { get; } = System.IO.Path.GetExtension(Path);

    /// <summary>The lines, counted as an editor does.</summary>
    internal string[] Lines => Text.TrimEnd('\n').Split('\n');
}

/// <summary>The checkout as the rules see it: everything that is kept under version control.</summary>
internal static class House
{
    private static readonly string[] NotOurs =
        ["artifacts", ".local", ".git", "bin", "obj", "node_modules", "__pycache__", ".vs", ".vscode"];
    private static readonly string[] Binary = [".oar", ".evidence", ".ots", ".png", ".ico", ".woff2", ".gz", ".bin"];

    internal static IReadOnlyList<SourceFile> Files { get; } =
        [.. Walk(new DirectoryInfo(Checkout.Root)).OrderBy(file => file.Path, StringComparer.Ordinal)];

    internal static IReadOnlyList<ProjectFile> Projects { get; } =
        [.. Files.Where(file => file.Extension == ".csproj").Select(file => ProjectFile.Parse(file.Path, file.Text))];

    internal static IEnumerable<SourceFile> ProductCode { get; } = Files.Where(file =>
        file.Extension == ".cs" && !file.Path.StartsWith("tests/", StringComparison.Ordinal));

    internal static string Solution => Files.Single(file => file.Path == "Ledger.sln").Text;

    private static IEnumerable<SourceFile> Walk(DirectoryInfo folder)
    {
        // In a worktree .git is a file.
        foreach (FileInfo file in folder.EnumerateFiles().Where(file => file.Name != ".git"))
        {
            if (Binary.Contains(file.Extension))
                continue;
            yield return new(Path.GetRelativePath(Checkout.Root, file.FullName), File.ReadAllText(file.FullName));
        }
        foreach (DirectoryInfo inner in folder.EnumerateDirectories())
        {
            if (NotOurs.Contains(inner.Name) || inner.LinkTarget is not null)
                continue;
            foreach (SourceFile file in Walk(inner))
                yield return file;
        }
    }
}
