using System.CommandLine;
using Ledger.Cli.Commands;
using Ledger.Client;

namespace Ledger.Cli;

/// <summary>The command line: one verb, one file under Commands.</summary>
internal static class Program
{
    /// <summary>
    /// How long a verb that was told to stop may take to end what it started; past it a daemon could be left behind.
    /// </summary>
    private static readonly TimeSpan CleanUpTimeOut = TimeSpan.FromMinutes(2);

    public static async Task<int> Main(string[] args)
    {
        RootCommand root = new("Ledger: the evidence layer for what AI systems did.")
        {
            KeyCommand.Create(),
            StreamCommand.Create(),
            SealCommand.Create(),
            SubmitCommand.Create(),
            GuardCommand.Create(),
            EvidenceCommand.Create(),
            VerifyCommand.Create(),
            ReconstructCommand.Create(),
            DiscloseCommand.Create(),
            EraseCommand.Create(),
            HoldCommand.Create(),
            VaultCommand.Create(),
            TrustCommand.Create(),
            InitCommand.Create(),
            JoinCommand.Create(),
            NodeCommand.Create(),
            DevnetCommand.Create(),
            StatusCommand.CreateStatus(),
            StatusCommand.CreatePeers(),
            WhyStuckCommand.Create(),
            GovCommand.Create(),
            SimulateCommand.Create(),
            TourCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync("Try 'ledger --help', or '--help' after a verb.").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        try
        {
            using Termination termination = new(CleanUpTimeOut);
            InvocationConfiguration invocation = new()
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, termination.Told).ConfigureAwait(false);
        }
        catch (CommandException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return exception.Code;
        }
        catch (Exception exception) when (exception is KeyStoreException or ChainFileException or SealRefusedException
            or VaultException or ErasureRefusedException or NodeException)
        {
            // Of the library's own: each says what to do.
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A full disk, a folder that may not be written: the system's own words name the file.
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Cancelled;
        }
    }
}
