using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Ledger.Architecture.Tests;

/// <summary>Rules of tidiness. Each takes one file and names what breaks it, by line.</summary>
internal static partial class TidyRules
{
    internal const int FileLinesMax = 400;
    internal const int MethodLinesMax = 90;
    internal const int ColumnsMax = 120;

    private static readonly string[] Code =
        [".cs", ".sh", ".mjs", ".js", ".ts", ".css", ".html", ".csproj", ".props", ".targets"];
    private static readonly string[] Scripts = ["run", "test", "ledger", ".ci/run"];

    /// <summary>A file fits in the head.</summary>
    internal static IEnumerable<string> LongFile(SourceFile file)
    {
        if (IsCode(file) && file.Lines.Length > FileLinesMax)
            yield return $"{file.Path} has {file.Lines.Length} lines; {FileLinesMax} are the limit.";
    }

    /// <summary>A line fits on the screen beside another.</summary>
    internal static IEnumerable<string> LongLines(SourceFile file) =>
        IsCode(file) ? Matching(file, line => line.Length > ColumnsMax, $"is wider than {ColumnsMax} columns") : [];

    /// <summary>A method fits in the head.</summary>
    internal static IEnumerable<string> LongMethods(SourceFile file)
    {
        if (file.Extension != ".cs")
            yield break;
        foreach (SyntaxNode method in Parse(file).DescendantNodes().Where(node =>
            node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax))
        {
            (LinePosition start, LinePosition end) = Span(method);
            int lines = end.Line - start.Line + 1;
            if (lines > MethodLinesMax)
                yield return $"{At(file, start.Line)} has {lines} lines; {MethodLinesMax} are the limit.";
        }
    }

    /// <summary>What is to be done is done or written up, not left in the code.</summary>
    internal static IEnumerable<string> LeftToDo(SourceFile file) =>
        IsText(file) ? Matching(file, LeftWord().IsMatch, "leaves something to be done") : [];

    /// <summary>The project speaks of itself alone: no path of some machine.</summary>
    internal static IEnumerable<string> MachinePaths(SourceFile file) =>
        IsText(file) ? Matching(file, MachinePath().IsMatch, "names a path of one machine") : [];

    /// <summary>Packages come from wherever the host is told to get them.</summary>
    internal static IEnumerable<string> RegistryHosts(SourceFile file) =>
        IsText(file) ? Matching(file, RegistryHost().IsMatch, "names a package registry's host") : [];

    /// <summary>A type is named for what it is.</summary>
    internal static IEnumerable<string> EmptyNames(SourceFile file) => file.Extension != ".cs" ? [] :
        from type in Parse(file).DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        where EmptyName().IsMatch(type.Identifier.Text)
        select $"{At(file, Line(type))} calls a type {type.Identifier.Text}, which says nothing.";

    /// <summary>A namespace is the folder it stands in, the project's own at the root.</summary>
    internal static IEnumerable<string> StrangeNamespaces(SourceFile file)
    {
        if (file.Extension != ".cs" || file.Path.Split('/') is not [_, string project, ..])
            yield break;
        foreach (BaseNamespaceDeclarationSyntax declared in
            Parse(file).DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            string name = declared.Name.ToString();
            if (name != project && !name.StartsWith(project + ".", StringComparison.Ordinal))
                yield return $"{At(file, Line(declared))} declares {name} in the project {project}.";
        }
    }

    private static IEnumerable<string> Matching(SourceFile file, Func<string, bool> breaks, string what) =>
        file.Lines.Index().Where(line => breaks(line.Item)).Select(line => $"{At(file, line.Index)} {what}.");

    private static SyntaxNode Parse(SourceFile file) => CSharpSyntaxTree.ParseText(file.Text).GetRoot();

    private static int Line(SyntaxNode node) => Span(node).Start.Line;

    private static (LinePosition Start, LinePosition End) Span(SyntaxNode node)
    {
        FileLinePositionSpan span = node.SyntaxTree.GetLineSpan(node.Span);
        return (span.StartLinePosition, span.EndLinePosition);
    }

    private static string At(SourceFile file, int line) => $"{file.Path}:{line + 1}";

    private static bool IsCode(SourceFile file) => Code.Contains(file.Extension) || Scripts.Contains(file.Path);

    // Vectors are data: what they hold comes from elsewhere.
    private static bool IsText(SourceFile file) =>
        !file.Path.StartsWith("tests/vectors/", StringComparison.Ordinal) && file.Path != "LICENSE";

    // The empty groups keep these patterns from matching themselves.
    [GeneratedRegex(@"\b(?:TO(?:)DO|FIX(?:)ME)\b", RegexOptions.None, 1000)]
    private static partial Regex LeftWord();

    [GeneratedRegex(
        @"(?<![\w.$}~/-])/(?:wo(?:)rk|ro(?:)ot|ho(?:)me/\w+|Us(?:)ers/\w+|tmp/wt)/", RegexOptions.None, 1000)]
    private static partial Regex MachinePath();

    [GeneratedRegex(
        @"\b(?:nuget|npmjs|debian|ubuntu|yarnpkg|pypi|crates)\.(?:org|com|io)\b", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex RegistryHost();

    [GeneratedRegex("(?:Manager|Helpers?|Utils?|Utility|Utilities|Handler2)$", RegexOptions.None, 1000)]
    private static partial Regex EmptyName();
}
