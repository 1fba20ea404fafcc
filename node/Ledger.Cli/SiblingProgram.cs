namespace Ledger.Cli;

/// <summary>A program that is built or installed beside this one.</summary>
internal static class SiblingProgram
{
    /// <param name="name">Of the project and of its program.</param>
    /// <param name="variable">Of the environment, which may name another program.</param>
    /// <exception cref="CommandException">It is not there.</exception>
    public static string Find(string name, string variable)
    {
        string folder = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string beside = Path.GetFullPath(Path.Combine(folder, "..", "..", name, Path.GetFileName(folder), name));
        string program = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? named : beside;
        return File.Exists(program)
            ? program
            : throw new CommandException($"{name} is not at {program}: build the solution, or name it in {variable}.");
    }
}
