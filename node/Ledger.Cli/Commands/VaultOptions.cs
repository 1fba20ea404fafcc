using System.CommandLine;
using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Chains;

namespace Ledger.Cli.Commands;

/// <summary>
/// What the verbs share that open a vault: the chain file, and the key or the passphrase that opens it.
/// </summary>
internal sealed class VaultOptions
{
    private KeyOptions _keyOptions = null!;
    private bool _signs;

    public Argument<string?> File { get; } = new("file")
    {
        Description = "The chain file; the only .oar of this folder unless given.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Option<string?> Key { get; } = new("--key") { Description = "Key file that opens the vault." };

    public Option<string?> VaultPassphrase { get; } = new("--vault-passphrase-file")
    {
        Description = "In place of a key: first line is a passphrase that was granted.",
    };

    /// <param name="reading">Whether a passphrase will do, since nothing is signed.</param>
    public void AddTo(Command command, bool reading)
    {
        command.Add(File);
        command.Add(Key);
        if (reading)
        {
            command.Add(VaultPassphrase);
        }

        _keyOptions = reading ? KeyOptions.AddPassphraseTo(command) : KeyOptions.AddTo(command);
        _signs = !reading;
    }

    public string ChainFile(ParseResult parsed)
    {
        if (parsed.GetValue(File) is { } file)
        {
            return file;
        }

        string[] found = Directory.GetFiles(Directory.GetCurrentDirectory(), "*.oar");
        return found.Length == 1
            ? found[0]
            : throw new CommandException(
                $"This folder holds {found.Length} chain files: name the one that is meant.", ExitCode.Usage);
    }

    public SigningKey OpenKey(ParseResult parsed)
    {
        string path = parsed.GetValue(Key) ?? throw new CommandException("Name the key file with --key.", ExitCode.Usage);
        return _signs
            ? KeyStore.Open(path, () => _keyOptions.Passphrase(parsed), _keyOptions.Signer(parsed))
            : KeyStore.Open(path, () => _keyOptions.Passphrase(parsed));
    }

    /// <summary>The vault beside the chain file, for reading.</summary>
    public Vault Open(ParseResult parsed, string chainFile)
    {
        StreamId stream = StreamOf(chainFile);
        if (parsed.GetValue(VaultPassphrase) is { } file)
        {
            return Vault.Beside(chainFile, stream, Passphrase.FromFile(file));
        }

        using SigningKey key = OpenKey(parsed);
        return Vault.Beside(chainFile, stream, key);
    }

    public static RecordId ParseId(string text) => RecordId.TryParseHex(text, out RecordId id)
        ? id
        : throw new CommandException("A record id is 128 hexadecimal digits.", ExitCode.Usage);

    private static StreamId StreamOf(string chainFile)
    {
        byte[] start = new byte[Limits.RecordBytes];
        int length;
        try
        {
            using FileStream file =
                new(chainFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{chainFile} cannot be read: {exception.Message}", ExitCode.Usage);
        }

        return RecordSequence.Split(start.AsMemory(0, length), 1, out _) is [var first]
            && Record.TryParse(first, out Record? record, out _)
            ? record.Stream
            : throw new CommandException($"{chainFile} does not begin with a record: it is no chain file.");
    }
}
