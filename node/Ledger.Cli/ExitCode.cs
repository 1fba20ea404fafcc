namespace Ledger.Cli;

/// <summary>Exit codes beside those of verdicts (0 VERIFIED, 1 INVALID, 2 STALE, 3 REVOKED).</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The verb could not do what it was asked for.</summary>
    public const int Failure = 1;

    /// <summary>EX_USAGE of sysexits.h.</summary>
    public const int Usage = 64;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Cancelled = 130;
}

/// <summary>What a user got wrong or what cannot be done, in one sentence that says what to do.</summary>
internal sealed class CommandException(string message, int code = ExitCode.Failure) : Exception(message)
{
    public int Code => code;
}
