namespace Ledger.Architecture.Tests;

/// <summary>The tidy rules by name: the house and the bad samples are held against the very same code.</summary>
internal static class Tidy
{
    internal static Func<SourceFile, IEnumerable<string>> Rule(string name) => name switch
    {
        nameof(TidyRules.LongFile) => TidyRules.LongFile,
        nameof(TidyRules.LongLines) => TidyRules.LongLines,
        nameof(TidyRules.LongMethods) => TidyRules.LongMethods,
        nameof(TidyRules.LeftToDo) => TidyRules.LeftToDo,
        nameof(TidyRules.MachinePaths) => TidyRules.MachinePaths,
        nameof(TidyRules.RegistryHosts) => TidyRules.RegistryHosts,
        nameof(TidyRules.EmptyNames) => TidyRules.EmptyNames,
        nameof(TidyRules.StrangeNamespaces) => TidyRules.StrangeNamespaces,
        _ => throw new ArgumentException($"No rule is called {name}.", nameof(name)),
    };
}
