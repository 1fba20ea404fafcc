using Ledger.Client;
using Ledger.Crypto;
using Ledger.Sidecar.Hosting;

namespace Ledger.Sidecar;

/// <summary>The guard as a program for every language; people start it as <c>ledger guard</c>.</summary>
internal static class Program
{
    private const int Success = 0;

    /// <summary>EX_USAGE, EX_UNAVAILABLE, EX_IOERR, EX_CONFIG of sysexits.h.</summary>
    private const int Usage = 64;
    private const int Unavailable = 69;
    private const int DiskFailed = 74;
    private const int Configuration = 78;

    public static async Task<int> Main(string[] args)
    {
        try
        {
            await RunAsync(Arguments.Read(args)).ConfigureAwait(false);
            return Success;
        }
        catch (Exception exception) when (CodeOf(exception) is { } code)
        {
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return code;
        }
    }

    private static int? CodeOf(Exception exception) => exception switch
    {
        UsageException => Usage,
        NodeException => Unavailable,
        ChainFileException { Error: ChainFileError.Disk } or VaultException or IOException => DiskFailed,
        ChainFileException or KeyStoreException or ModelStateException => Configuration,
        _ => null,
    };

    private static async Task RunAsync(StartOptions options)
    {
        string? passphrase = options.Attended ? await Console.In.ReadLineAsync().ConfigureAwait(false) ?? "" : null;
        using SigningKey key = KeyStore.Open(options.Key, () => passphrase is { Length: > 0 }
            ? passphrase
            : options.PassphraseFile is { } file
                ? Passphrase.FromFile(file)
                : Passphrase.FromEnvironment("LEDGER_PASSPHRASE"));
        ModelFile? model = options.Model is null ? null : ModelFile.Load(options.Model);
        StreamSealer sealer = await StreamSealer.OpenAsync(options.Chain, key, options.Issuer, default)
            .ConfigureAwait(false);
        await using (sealer.ConfigureAwait(false))
        {
            using NodeClient? node = options.Node is null ? null : new NodeClient(options.Node);
            Guard guard = await Guard.StartAsync(sealer, options.Guard, node, model?.State, default)
                .ConfigureAwait(false);
            await using (guard.ConfigureAwait(false))
            {
                if (options.Attest is { } reason)
                {
                    await guard.AttestModelAsync(reason, default).ConfigureAwait(false);
                }

                await ServeAsync(options, sealer, guard, model).ConfigureAwait(false);
            }
        }
    }

    private static async Task ServeAsync(StartOptions options, StreamSealer sealer, Guard guard, ModelFile? model)
    {
        foreach (string warning in sealer.Warnings)
        {
            await Console.Error.WriteLineAsync(warning).ConfigureAwait(false);
        }

        SidecarHost host = await SidecarHost
            .StartAsync(guard, sealer, options.Sidecar with { Model = model }, default)
            .ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            // The line that it prints tells whoever started the program that it answers, and where.
            Console.WriteLine($"ready {host.Address.GetLeftPart(UriPartial.Authority)}");
            Task left = options.Attended ? Task.Run(WaitForInputsEnd) : Task.Delay(Timeout.Infinite);
            await Task.WhenAny(host.Stopped, left).ConfigureAwait(false);
        }
    }

    /// <summary>However the program that holds the other end goes, this one does not stay behind.</summary>
    private static void WaitForInputsEnd()
    {
        while (Console.In.ReadLine() is not null)
        {
            // What else is said there means nothing.
        }
    }
}
