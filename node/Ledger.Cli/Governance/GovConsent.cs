using System.CommandLine;
using Ledger.Core.Chain;

namespace Ledger.Cli.Governance;

/// <summary>Nobody signs what they have not been shown.</summary>
internal static class GovConsent
{
    public static Option<bool> Yes() => new("--yes") { Description = "Do not ask; for scripts." };

    /// <exception cref="CommandException">The person said no, or there is nobody to ask.</exception>
    public static void Ask(ProposalFile proposal, IEnumerable<string> does, string question, bool yes, Output output)
    {
        TextWriter to = output.Json ? Console.Error : Console.Out;
        to.WriteLine($"Change {proposal.At} of chain {proposal.Chain}:");
        foreach (string line in does)
        {
            to.WriteLine($"  {line}");
        }

        if (yes)
        {
            return;
        }

        if (Console.IsInputRedirected)
        {
            throw new CommandException("No terminal to ask for your consent: read what the change does, and say --yes.", ExitCode.Usage);
        }

        Console.Error.Write($"{question} Type yes: ");
        if (Console.ReadLine()?.Trim() != "yes")
        {
            throw new CommandException("Nothing was signed.");
        }
    }

    public static void Write(string path, ProposalFile proposal)
    {
        string draft = path + ".new";
        File.WriteAllBytes(draft, proposal.Encode());
        File.Move(draft, path, overwrite: true);
    }
}
