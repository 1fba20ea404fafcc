using System.CommandLine;
using Ledger.Crypto;

namespace Ledger.Cli.Commands;

/// <summary>Options of every verb that opens or makes a key: where its passphrase comes from, and who signs.</summary>
internal sealed class KeyOptions
{
    private readonly Option<string?> _file = new("--passphrase-file")
    {
        Description = "Its first line is the passphrase; asked for unless given.",
    };

    private readonly Option<int?> _descriptor = new("--passphrase-fd")
    {
        Description = "An open descriptor whose first line is the passphrase, such as 3 with 3< FILE.",
    };

    private readonly Option<bool> _none = new("--no-passphrase")
    {
        Description = "The key lies, or is to lie, unencrypted.",
    };

    private readonly Option<string> _signer = new("--signer")
    {
        Description = $"Who makes signatures: {SignatureProviders.Words}.",
        DefaultValueFactory = _ => "auto",
    };

    private KeyOptions() => _signer.AcceptOnlyFromAmong("auto", "managed", "platform");

    /// <summary>For a verb that makes or opens a key and signs with it.</summary>
    public static KeyOptions AddTo(Command command)
    {
        KeyOptions options = AddPassphraseTo(command);
        command.Add(options._signer);
        return options;
    }

    /// <summary>For a verb that makes or opens a key and signs nothing.</summary>
    public static KeyOptions AddPassphraseTo(Command command)
    {
        KeyOptions options = new();
        command.Add(options._file);
        command.Add(options._descriptor);
        command.Add(options._none);
        return options;
    }

    /// <summary>The passphrase of a key that exists.</summary>
    public string Passphrase(ParseResult parsed) =>
        parsed.GetValue(_none) ? "" : Passphrases.ForKey(parsed.GetValue(_file), parsed.GetValue(_descriptor));

    /// <summary>The passphrase of a key that is to be made.</summary>
    public string NewPassphrase(ParseResult parsed) =>
        Passphrases.ForNewKey(parsed.GetValue(_file), parsed.GetValue(_descriptor), parsed.GetValue(_none));

    public SignatureProvider Signer(ParseResult parsed) =>
        SignatureProviders.TryParse(parsed.GetValue(_signer), out SignatureProvider signer)
            ? signer
            : throw new CommandException($"--signer is {SignatureProviders.Words}.", ExitCode.Usage);
}
