using System.Text;
using Ledger.Client;

namespace Ledger.Cli;

/// <summary>Where passphrases come from: a file, the environment, or the terminal without echo.</summary>
internal static class Passphrases
{
    private const string Variable = "LEDGER_PASSPHRASE";

    public static string ForNewKey(string? file, int? descriptor, bool none)
    {
        if (none)
        {
            return "";
        }

        string passphrase = Given(file, descriptor) ?? AskTwice();
        return passphrase.Length > 0
            ? passphrase
            : throw new CommandException("The passphrase is empty; say --no-passphrase to keep the key unencrypted.", ExitCode.Usage);
    }

    public static string ForKey(string? file, int? descriptor) => Given(file, descriptor) ?? Ask("Passphrase: ");

    public static void Save(string path, string passphrase)
    {
        using FileStream stream = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        stream.Write(Encoding.UTF8.GetBytes(passphrase + "\n"));
        stream.Flush(flushToDisk: true);
    }

    private static string? Given(string? file, int? descriptor) => (file, descriptor) switch
    {
        ({ } path, null) => Passphrase.FromFile(path),
        (null, { } number) => Passphrase.FromDescriptor(number),
        (null, null) => Environment.GetEnvironmentVariable(Variable),
        _ => throw new CommandException("Give --passphrase-file or --passphrase-fd, not both.", ExitCode.Usage),
    };

    private static string AskTwice()
    {
        string first = Ask("New passphrase: ");
        return first == Ask("Once more: ") ? first : throw new CommandException("The two passphrases differ; nothing was made.");
    }

    private static string Ask(string prompt)
    {
        if (Console.IsInputRedirected)
        {
            throw new CommandException(
                $"No terminal to ask for a passphrase: give --passphrase-file or --passphrase-fd, or set {Variable}.",
                ExitCode.Usage);
        }

        Console.Error.Write(prompt);
        StringBuilder typed = new();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
