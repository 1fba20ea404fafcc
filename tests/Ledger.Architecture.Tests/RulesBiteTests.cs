namespace Ledger.Architecture.Tests;

/// <summary>Each rule passes a good sample and bites on a bad one: a rule that cannot fail guards nothing.</summary>
public sealed class RulesBiteTests
{
    private static readonly string Wide = new('x', 121);

    [Fact]
    public void An_allowed_arrow_passes_and_every_other_one_is_named()
    {
        ProjectFile core = Project("consensus/Ledger.Core", pure: true);
        ProjectFile crypto = Project("consensus/Ledger.Crypto", pure: true, references: ["Ledger.Core"]);
        ProjectFile storage = Project("node/Ledger.Storage", references: ["Ledger.Core", "Ledger.Runtime"]);
        ProjectFile tests = Project("tests/Ledger.Core.Tests", references: ["Ledger.Core"]);
        Assert.Empty(Arrows.Broken([core, crypto, storage, tests]));

        ProjectFile[] broken =
        [
            Project("consensus/Ledger.Core", references: ["Ledger.Crypto"]),
            Project("consensus/Ledger.Consensus", references: ["Ledger.Core", "Ledger.Records"]),
            Project("consensus/Ledger.Records", references: ["Ledger.Proofs"]),
            Project("anchor/Ledger.Bitcoin", references: ["Ledger.Runtime"]),
            Project("node/Ledger.Runtime", references: ["Ledger.Storage"]),
            Project("node/Ledger.Client", references: ["Ledger.Node"]),
            Project("node/Ledger.Cli", references: ["Ledger.Node"]),
            Project("node/Ledger.Node", references: ["Ledger.Core.Tests"]),
            Project("node/Ledger.Unheard", references: []),
        ];
        foreach (ProjectFile project in broken)
            Assert.Single(Arrows.Broken([project, tests]));
    }

    [Fact]
    public void A_pure_project_without_its_mark_is_named_and_so_is_one_that_takes_it_back()
    {
        Assert.Empty(Arrows.Impure([Project("consensus/Ledger.Core", pure: true), Project("node/Ledger.Runtime")]));
        Assert.Single(Arrows.Impure([Project("consensus/Ledger.Core")]));
        Assert.Single(Arrows.Impure([ProjectFile.Parse(
            "consensus/Ledger.Core/Ledger.Core.csproj",
            "<P><PropertyGroup><LedgerPure>true</LedgerPure><NoWarn>RS0030</NoWarn></PropertyGroup></P>")]));
    }

    [Fact]
    public void A_package_away_from_home_is_named_and_so_is_a_version_of_its_own()
    {
        Assert.Empty(PackageHomes.Strays([Project("node/Ledger.Cli", packages: ["System.CommandLine"])]));
        Assert.Single(PackageHomes.Strays([Project("node/Ledger.Node", packages: ["System.CommandLine"])]));
        Assert.Single(PackageHomes.Strays([Project("consensus/Ledger.Core", packages: ["Whatever"])]));

        ProjectFile pinned = ProjectFile.Parse("node/Ledger.Cli/Ledger.Cli.csproj",
            "<Project><ItemGroup><PackageReference Include=\"A\" Version=\"1\" /></ItemGroup></Project>");
        Assert.Empty(PackageHomes.Versions([Project("node/Ledger.Cli", packages: ["A"])]));
        Assert.Single(PackageHomes.Versions([pinned]));
    }

    public static TheoryData<string, string, string, string> Samples => new()
    {
        { nameof(TidyRules.LongFile), "node/A.cs", Lines(TidyRules.FileLinesMax), Lines(TidyRules.FileLinesMax + 1) },
        { nameof(TidyRules.LongFile), "run", Lines(TidyRules.FileLinesMax), Lines(TidyRules.FileLinesMax + 1) },
        { nameof(TidyRules.LongLines), "node/A.cs", Wide[1..], Wide },
        { nameof(TidyRules.LongLines), "tests/setup.sh", Wide[1..], Wide },
        { nameof(TidyRules.LongMethods), "node/A.cs", Method(TidyRules.MethodLinesMax), Method(91) },
        { nameof(TidyRules.LeftToDo), "node/A.cs", "// todos are a noun", "// TO" + "DO: later" },
        { nameof(TidyRules.LeftToDo), "README.md", "all done", "FIX" + "ME" },
        { nameof(TidyRules.MachinePaths), "node/A.cs", "a/work/b $root/root/x", "\"/wo" + "rk/x\"" },
        { nameof(TidyRules.MachinePaths), "docker/compose.yaml", "/var/lib/ledger/", "- /ho" + "me/ann/x:/x" },
        { nameof(TidyRules.RegistryHosts), "tests/setup.sh", "apt-get update", "curl https://www.nu" + "get.org/x" },
        { nameof(TidyRules.RegistryHosts), "README.md", "NuGet serves it", "http://deb.deb" + "ian.org/debian" },
        { nameof(TidyRules.EmptyNames), "node/A.cs", "class Utilisation;", "class BlockMana" + "ger;" },
        { nameof(TidyRules.EmptyNames), "node/A.cs", "record Hello;", "static class CborUt" + "il { }" },
        { nameof(TidyRules.StrangeNamespaces), "node/Ledger.Node/A.cs", "namespace Ledger.Node.Http;", "namespace A;" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_tidy_rule_passes_the_good_sample_and_bites_on_the_bad_one(
        string rule, string path, string good, string bad)
    {
        Assert.Empty(Tidy.Rule(rule)(new SourceFile(path, good)));
        Assert.Single(Tidy.Rule(rule)(new SourceFile(path, bad)));
    }

    [Fact]
    public void The_house_is_really_read()
    {
        Assert.Contains(House.Files, file => file.Path == "node/setup.sh");
        Assert.Contains(House.Projects, project => project.Name == "Ledger.Core" && project.IsPure);
        Assert.DoesNotContain(House.Files, file => file.Path.StartsWith("artifacts", StringComparison.Ordinal));
    }

    private static string Lines(int count) => string.Concat(Enumerable.Repeat("x\n", count));

    private static string Method(int lines) =>
        $"class A\n{{\nvoid M()\n{{\n{string.Concat(Enumerable.Repeat("N();\n", lines - 3))}}}\n}}\n";

    private static ProjectFile Project(
        string folder, bool pure = false, string[]? references = null, string[]? packages = null)
    {
        string name = folder.Split('/')[1];
        string items =
            string.Concat((references ?? []).Select(to => $"<ProjectReference Include=\"../{to}/{to}.csproj\" />"))
            + string.Concat((packages ?? []).Select(package => $"<PackageReference Include=\"{package}\" />"));
        string mark = pure ? "<PropertyGroup><LedgerPure>true</LedgerPure></PropertyGroup>" : "";
        return ProjectFile.Parse($"{folder}/{name}.csproj", $"<Project>{mark}<ItemGroup>{items}</ItemGroup></Project>");
    }
}
