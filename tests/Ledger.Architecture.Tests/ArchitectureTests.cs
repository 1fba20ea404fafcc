using System.Text.RegularExpressions;

namespace Ledger.Architecture.Tests;

/// <summary>The rules held against the checkout.</summary>
public sealed class ArchitectureTests
{
    /// <summary>A rule and a file or folder older than it, a pair a line. The list only ever gets shorter.</summary>
    private static readonly string[] Owed =
        House.Files.Single(file => file.Path == "tests/Ledger.Architecture.Tests/owed").Lines;

    private const RegexOptions Quick = RegexOptions.NonBacktracking;

    [Fact]
    public void No_project_knows_what_it_must_not_know() => Holds(Arrows.Broken(House.Projects));

    [Fact]
    public void Pure_projects_say_so_and_ban_what_is_not_pure() => Holds(Arrows.Impure(House.Projects));

    [Fact]
    public void The_list_of_banned_calls_is_nowhere_suppressed() =>
        Holds(House.ProductCode.Where(file => file.Text.Contains("RS0030"))
            .Select(file => $"{file.Path} suppresses the list of banned calls."));

    [Fact]
    public void Every_package_has_one_home() => Holds(PackageHomes.Strays(House.Projects));

    [Fact]
    public void Versions_of_packages_stand_in_one_file() => Holds(PackageHomes.Versions(House.Projects));

    [Fact]
    public void Every_project_is_in_the_solution_and_bears_its_folders_name() => Holds(
        from project in House.Projects
        let expected = $"{project.Part}/{project.Name}/{project.Name}.csproj"
        where project.Path != expected || !House.Solution.Contains($"\"{expected.Replace('/', '\\')}\"")
        select $"{project.Path} is not in the solution, or not in a folder of its name.");

    [Fact]
    public void RocksDB_is_called_by_the_storage_project_alone() => OnlyIn("node/Ledger.Storage/", "\"rocksdb_");

    [Fact]
    public void The_platforms_ML_DSA_is_called_by_the_crypto_project_alone() =>
        OnlyIn("consensus/Ledger.Crypto/", "MLDsa.", "MLDsaAlgorithm.");

    /// <summary>What it shows is shown of the product's own loop.</summary>
    [Fact]
    public void The_simulator_has_no_driver_of_its_own() => Holds(Drivers(
        House.Files.Where(file => file.Path.StartsWith("tests/Ledger.Simulator/", StringComparison.Ordinal))));

    [Fact]
    public void A_driver_in_the_simulator_would_be_named()
    {
        Assert.Empty(Drivers([new("tests/Ledger.Simulator/A.cs", "VirtualNode node = new(world, 1);")]));
        Assert.Single(Drivers([new("tests/Ledger.Simulator/A.cs", "Replica.Start(settings, recovery, effects);")]));
        Assert.Single(Drivers([new("tests/Ledger.Simulator/A.cs", "replica.Step(input, effects);")]));
    }

    /// <summary>Signatures of another kind are for simulations.</summary>
    [Fact]
    public void No_product_code_puts_a_substitute_for_signatures_in_use() => Holds(Substitutes(House.ProductCode));

    [Fact]
    public void Product_code_with_a_substitute_for_signatures_would_be_named()
    {
        Assert.Empty(Substitutes([new("node/A.cs", "if (ISubstituteScheme.InUse is null) { }")]));
        Assert.Single(Substitutes([new("node/A.cs", "ISubstituteScheme.InUse = scheme;")]));
        Assert.Single(Substitutes([new("node/A.cs", "class A : ISubstituteScheme { }")]));
    }

    [Theory]
    [InlineData(nameof(TidyRules.LongFile))]
    [InlineData(nameof(TidyRules.LongLines))]
    [InlineData(nameof(TidyRules.LongMethods))]
    [InlineData(nameof(TidyRules.LeftToDo))]
    [InlineData(nameof(TidyRules.MachinePaths))]
    [InlineData(nameof(TidyRules.RegistryHosts))]
    [InlineData(nameof(TidyRules.EmptyNames))]
    [InlineData(nameof(TidyRules.StrangeNamespaces))]
    public void The_house_is_tidy(string rule) =>
        Holds(House.Files.Where(file => !Owes(file, rule)).SelectMany(Tidy.Rule(rule)));

    private static IEnumerable<string> Drivers(IEnumerable<SourceFile> files) =>
        from file in files
        where Regex.IsMatch(file.Text, @"\bReplica\.Start\(|\breplica\.Step\(", Quick | RegexOptions.IgnoreCase)
        select $"{file.Path} drives a replica itself.";

    private static IEnumerable<string> Substitutes(IEnumerable<SourceFile> files) =>
        from file in files
        where Regex.IsMatch(file.Text, @"ISubstituteScheme\.InUse\s*=[^=]|[:,]\s*ISubstituteScheme\b", Quick)
        select $"{file.Path} puts a substitute for signatures in use.";

    private static bool Owes(SourceFile file, string rule) =>
        Owed.Any(line => line.Length > 0 && $"{rule} {file.Path}".StartsWith(line, StringComparison.Ordinal));

    private static void OnlyIn(string home, params string[] calls) => Holds(
        from file in House.ProductCode
        where !file.Path.StartsWith(home, StringComparison.Ordinal) && calls.Any(file.Text.Contains)
        select $"{file.Path} calls what belongs to {home}.");

    private static void Holds(IEnumerable<string> broken)
    {
        string[] found = [.. broken.Order(StringComparer.Ordinal)];
        Assert.True(found.Length == 0, $"{found.Length} broken:\n{string.Join('\n', found)}");
    }
}
