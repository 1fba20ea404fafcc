using System.CommandLine;
using System.Diagnostics;
using Ledger.Cli.Devnet;
using Ledger.Client;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>guard</c>: runs the sidecar in the foreground, signals and exit code passed through. It is a program of its own, so
/// that every other verb starts without a web server.
/// </summary>
internal static class GuardCommand
{
    /// <summary>What the sidecar is told as it stands, and what people read about it.</summary>
    private static readonly (string Name, string Description)[] Texts =
    [
        ("--listen", "Address and port, 127.0.0.1:8090 unless given; port 0 takes a free one."),
        ("--remote", "yes: other machines may reach it. Whoever does acts in your name."),
        ("--upstream", "Address of a model's HTTP interface: all else that is asked goes there, behind an intent."),
        ("--node", "Address of a Ledger node, to which what is sealed is sent in the background."),
        ("--go-ahead", "How far an intent must be before its act runs: sealed (unless given), settled or anchored."),
        ("--patience", "Seconds an act waits for that at most; 60 unless given."),
        ("--timeout", "Seconds an act may take that names no deadline; 600 unless given."),
        ("--acts", "Acts under way at once; 256 unless given."),
        ("--model", "JSON file that says of which parts the model consists: acts are held against its attested state."),
        ("--on-change", "Where the state is another: refuse (unless given), seal-first or flag."),
        ("--attest", "Seal the model's present state first; the text is the reason that stands in the record."),
        ("--issuer", "A pseudonym for who speaks; stands in each record."),
        ("--action", "What acts are called whose request does not say; chat-completion unless given."),
        ("--actor", "Who acts, where the request does not say; becomes a pseudonym."),
        ("--actor-type", "service (unless given), agent or human."),
        ("--authority", "On whose authority, where the request does not say; becomes a pseudonym."),
        ("--request-bytes", "Bytes of a request at most; 4194304 unless given."),
        ("--answer-bytes", "Bytes of an answer of the upstream's at most; 16777216 unless given."),
    ];

    public static Command Create()
    {
        Argument<string> chain = new("file") { Description = "The chain file, made by 'ledger stream new'." };
        Option<string> key = new("--key") { Description = "The key in force.", Required = true };
        Option<string?>[] texts =
            [.. Texts.Select(text => new Option<string?>(text.Name) { Description = text.Description })];
        Command command = new("guard", "Guard a model over HTTP: no act before its intent is durable.") { chain, key };
        KeyOptions options = KeyOptions.AddPassphraseTo(command);
        Array.ForEach(texts, command.Options.Add);
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(chain)!, parsed.GetValue(key)!, () => options.Passphrase(parsed), Given(parsed, texts), stop));
        return command;
    }

    private static string[] Given(ParseResult parsed, Option<string?>[] texts) =>
    [
        .. texts.Where(text => parsed.GetValue(text) is not null)
            .SelectMany(text => new[] { text.Name, parsed.GetValue(text)! }),
    ];

    private static async Task<int> RunAsync(
        string chain, string key, Func<string> ask, string[] given, CancellationToken stop)
    {
        string passphrase = KeyStore.Identify(key).Encrypted ? ask() : "";
        ProcessStartInfo start = new(
            SiblingProgram.Find("Ledger.Sidecar", "LEDGER_SIDECAR"),
            ["--chain", chain, "--key", key, "--attended", "yes", .. given])
        {
            RedirectStandardInput = true,
        };
        using Process sidecar = Process.Start(start)!;

        // Ctrl-C reaches the whole group of processes; other signals come from here alone.
        using CancellationTokenRegistration told = stop.Register(() => Signals.Terminate(sidecar.Id));
        try
        {
            // Its end tells the sidecar that this program is gone, however it went.
            await sidecar.StandardInput.WriteLineAsync(passphrase.AsMemory(), CancellationToken.None).ConfigureAwait(false);
            await sidecar.StandardInput.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It has ended already; what it said tells why.
        }

        await sidecar.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return sidecar.ExitCode;
    }
}
