using System.CommandLine;
using Ledger.Cli.Devnet;

namespace Ledger.Cli.Commands;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "One JSON document on standard output and nothing else." };

    public static Option<Uri> Node() => new("--node")
    {
        Description = "Address of a node.",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8080"),
        CustomParser = ParseAddress,
    };

    /// <summary>For a verb that also works without a node.</summary>
    public static Option<Uri?> NodeIfAny(string description) => new("--node")
    {
        Description = description,
        CustomParser = ParseAddress,
    };

    /// <summary>How many nodes a network on this machine has.</summary>
    public static Option<int> Validators()
    {
        Option<int> validators = new("--validators") { Description = "How many nodes, each a validator.", DefaultValueFactory = _ => 4 };
        validators.Validators.Add(result =>
        {
            int count = result.GetValueOrDefault<int>();
            if (count < 1 || count > LocalNetwork.ValidatorsMax)
            {
                result.AddError($"A network on this machine has 1 to {LocalNetwork.ValidatorsMax} validators, not {count}.");
            }
        });
        return validators;
    }

    private static Uri ParseAddress(System.CommandLine.Parsing.ArgumentResult result) =>
        Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? address) && address.Scheme is ("http" or "https")
            ? address
            : Fail(result);

    private static Uri Fail(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"'{result.Tokens[0].Value}' is no http address.");
        return null!;
    }

    /// <summary>The bytes of a file that a verb was given; a missing one is a usage error.</summary>
    public static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read: {exception.Message}", ExitCode.Usage);
        }
    }
}
