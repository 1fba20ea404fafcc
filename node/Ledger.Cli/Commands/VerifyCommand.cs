using System.CommandLine;
using System.Globalization;
using Ledger.Core;
using Ledger.Proofs;
using Ledger.Proofs.Disclosures;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;

namespace Ledger.Cli.Commands;

/// <summary><c>verify FILE</c>: offline, no node, no network. Exit 0 VERIFIED, 1 INVALID, 2 STALE, 3 REVOKED, 64 usage.</summary>
internal static class VerifyCommand
{
    /// <summary>Enough records for a full batch.</summary>
    private const int PieceBytes = 256 * 1_024;

    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "An evidence file, a misbehaviour or fork file, or a bare .oar chain." };
        Option<string?> trust = new("--trust") { Description = "Trust file: what you hold true from elsewhere." };
        Option<string?> headers = new("--headers")
        {
            Description = "Bitcoin's best chain, 80 bytes a header, from a Bitcoin node that you trust: an anchor has to stand in it.",
        };
        Option<string?> at = new("--at") { Description = "The time of the question (ISO 8601); now unless given." };
        Option<string?> maxAge = new("--max-age") { Description = "Oldest checkpoint to accept, for instance 90s, 15m, 24h, 30d." };
        Option<string[]> disclosure = new("--disclosure") { Description = "A content disclosed from it, to be held against it; may be given again." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("verify", "Judge an evidence file or a chain of records, offline.")
        {
            file, trust, headers, at, maxAge, disclosure, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(file)!, LoadTrust(parsed.GetValue(trust), parsed.GetValue(headers)), parsed.GetValue(at),
            parsed.GetValue(maxAge), parsed.GetValue(disclosure) ?? [], parsed.GetValue(json)));
        return command;
    }

    private static int Run(string path, TrustFile trust, string? at, string? maxAge, string[] disclosures, bool json)
    {
        if (disclosures.Length > DisclosureVerifier.DisclosuresMax)
        {
            throw new CommandException($"At most {DisclosureVerifier.DisclosuresMax} disclosures at a time.", ExitCode.Usage);
        }

        FreshnessLimit? freshness = maxAge is null ? null : new FreshnessLimit(ParseTime(at), ParseAge(maxAge));
        Verification verification = disclosures.Length == 0
            ? Judge(path, trust, freshness)
            : DisclosureVerifier.Verify(
                CommonOptions.Read(path),
                [.. disclosures.Select(file => new ReadOnlyMemory<byte>(CommonOptions.Read(file)))],
                trust,
                freshness);
        if (json)
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write(VerdictJson.Write(verification));
            output.Write("\n"u8);
        }
        else
        {
            VerdictText.Write(Console.Out, verification);
        }

        return VerdictJson.ExitCode(verification.Verdict);
    }

    private static TrustFile LoadTrust(string? path, string? headersPath)
    {
        TrustFile trust = path is null ? TrustFile.Empty : TrustCommand.Load(path);
        if (headersPath is null)
        {
            return trust;
        }

        if (trust.Bitcoin is not { } pin || !BitcoinNetwork.TryFind(pin.Network, out BitcoinNetwork? network))
        {
            throw new CommandException(
                "--headers needs a trust file that says of which Bitcoin network they are: --trust FILE with bitcoin.network.",
                ExitCode.Usage);
        }

        return HeaderChain.TryParse(CommonOptions.Read(headersPath), network, out HeaderChain? headers, out SpvError error)
            ? trust with { Headers = headers }
            : throw new CommandException($"{headersPath}: {error}", ExitCode.Usage);
    }

    /// <summary>
    /// An evidence file has a limit and is read whole; a chain may be of any length, and goes by in pieces.
    /// </summary>
    private static Verification Judge(string path, TrustFile trust, FreshnessLimit? freshness)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] piece = new byte[PieceBytes];
            int length = file.Read(piece);
            if (EvidenceVerifier.LooksLikeEvidence(piece.AsSpan(0, length)))
            {
                return EvidenceVerifier.Verify(CommonOptions.Read(path), trust, freshness);
            }

            ChainVerifier chain = new();
            for (; length > 0 && !chain.IsDecided; length = file.Read(piece))
            {
                chain.Append(piece.AsSpan(0, length));
            }

            return EvidenceVerifier.Report(chain.Complete(), trust, freshness);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read: {exception.Message}", ExitCode.Usage);
        }
    }

    private static UnixTime ParseTime(string? text)
    {
        if (text is null)
        {
            return new UnixTime((ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new UnixTime((ulong)time.ToUnixTimeMilliseconds())
            : throw new CommandException($"--at '{text}' is no time; write for instance 2030-01-31T12:00:00Z.", ExitCode.Usage);
    }

    private static ulong ParseAge(string text)
    {
        ulong unit = text.Length > 1 ? text[^1] switch { 's' => 1_000UL, 'm' => 60_000, 'h' => 3_600_000, 'd' => 86_400_000, _ => 0 } : 0;
        return unit > 0 && uint.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out uint count)
            ? count * unit
            : throw new CommandException($"--max-age '{text}' is no duration; write for instance 90s, 15m, 24h or 30d.", ExitCode.Usage);
    }
}
