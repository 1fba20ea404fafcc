using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Crypto;

namespace Ledger.Cli.Commands;

/// <summary><c>vault grant</c>: lets a further key, or a reader's passphrase, open the vault.</summary>
internal static class VaultCommand
{
    public static Command Create()
    {
        Option<string?> toKey = new("--to-key")
        {
            Description = "Key file to grant it to: the one that a rotation puts in force.",
        };
        Option<string?> toKeyPassphrase = new("--to-key-passphrase-file")
        {
            Description = "First line opens that key; it is unencrypted unless given.",
        };
        Option<string?> toPassphrase = new("--to-passphrase-file")
        {
            Description = "First line is a passphrase to grant it to, for readers.",
        };
        Option<bool> json = CommonOptions.Json();
        VaultOptions options = new();
        Command grant = new("grant", "Let a further key or a passphrase open the vault.");
        options.AddTo(grant, reading: true);
        grant.Add(toKey);
        grant.Add(toKeyPassphrase);
        grant.Add(toPassphrase);
        grant.Add(json);
        grant.SetAction(parsed =>
        {
            Vault vault = options.Open(parsed, options.ChainFile(parsed));
            Output output = new(parsed.GetValue(json));
            if (parsed.GetValue(toKey) is { } path)
            {
                using SigningKey key = KeyStore.Open(
                    path, () => parsed.GetValue(toKeyPassphrase) is { } file ? Passphrase.FromFile(file) : "");
                vault.Grant(key);
                output.Say($"The key {key.Id} opens the vault {vault.Folder}.");
            }
            else if (parsed.GetValue(toPassphrase) is { } file)
            {
                vault.Grant(Passphrase.FromFile(file));
                output.Say($"The passphrase opens the vault {vault.Folder}.");
            }
            else
            {
                throw new CommandException(
                    "Say whom to grant it to: --to-key or --to-passphrase-file.", ExitCode.Usage);
            }

            output.Document(new JsonObject { ["vault"] = vault.Folder });
            return ExitCode.Success;
        });
        return new Command("vault", "Salts and contents of what a stream's records commit to.") { grant };
    }
}
