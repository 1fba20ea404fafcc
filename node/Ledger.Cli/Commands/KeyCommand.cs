using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Crypto;

namespace Ledger.Cli.Commands;

/// <summary><c>key new</c> and <c>key show</c>: key files, encrypted unless told otherwise.</summary>
internal static class KeyCommand
{
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "The key file." };
        Option<bool> json = CommonOptions.Json();
        Command create = new("new", "Make a key.") { file, json };
        KeyOptions ofNew = KeyOptions.AddPassphraseTo(create);
        create.SetAction(parsed => New(
            parsed.GetValue(file)!, ofNew.NewPassphrase(parsed), new Output(parsed.GetValue(json))));
        Option<string?> open = new("--public") { Description = "File to write the public key to, 1,952 bytes, for whoever needs it." };
        Command show = new("show", "Show a key's id and its fingerprint in words.") { file, open, json };
        KeyOptions ofShow = KeyOptions.AddPassphraseTo(show);
        show.SetAction(parsed => Show(
            parsed.GetValue(file)!, () => ofShow.Passphrase(parsed), parsed.GetValue(open),
            new Output(parsed.GetValue(json))));
        return new Command("key", "Keys that sign records.") { create, show };
    }

    private static int New(string path, string passphrase, Output output)
    {
        using SigningKey key = KeyStore.Create(path, passphrase);
        Tell(key, output);
        output.Say($"Next: back up {path}, then 'ledger stream new NAME.oar --key {path}'.");
        return ExitCode.Success;
    }

    private static int Show(string path, Func<string> passphrase, string? open, Output output)
    {
        using SigningKey key = KeyStore.Open(path, passphrase);
        Tell(key, output);
        if (open is not null)
        {
            File.WriteAllBytes(open, key.PublicKey.ToArray());
            output.Say($"public {open}");
        }

        return ExitCode.Success;
    }

    private static void Tell(SigningKey key, Output output)
    {
        output.Say($"kid    {key.Id}");
        output.Say($"words  {FingerprintWords.Of(key.Id)}");
        output.Document(new JsonObject
        {
            ["kid"] = key.Id.ToString(),
            ["words"] = FingerprintWords.Of(key.Id),
            ["publicKey"] = Convert.ToHexStringLower(key.PublicKey.Span),
        });
    }
}
