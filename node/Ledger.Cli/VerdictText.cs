using Ledger.Core;
using Ledger.Proofs;
using Ledger.Proofs.Disclosures;

namespace Ledger.Cli;

/// <summary>A verdict for people: the sentence first, then each layer, then what to know beside it.</summary>
internal static class VerdictText
{
    public static void Write(TextWriter text, Verification verification)
    {
        text.WriteLine(VerdictJson.FirstLine(verification));
        text.WriteLine();
        foreach (LayerReport layer in verification.Layers)
        {
            string mark = layer.Outcome switch { LayerOutcome.Passed => "ok  ", LayerOutcome.Failed => "FAIL", _ => "–   " };
            text.WriteLine($"  {mark}  {layer.Name,-10} {layer.Text}");
        }

        text.WriteLine();
        WriteStates(text, verification);
        foreach (string note in verification.Notes)
        {
            text.WriteLine($"  Note: {note}");
        }

        WriteDisclosures(text, verification);
    }

    private static void WriteDisclosures(TextWriter text, Verification verification)
    {
        foreach (DisclosureReport disclosure in verification.Disclosures)
        {
            string type = disclosure.Type is { } named ? $", {named}" : "";
            string size = disclosure.Outcome == LayerOutcome.Passed ? $" ({disclosure.Bytes} bytes{type}, SHA-256 {disclosure.Digest})" : "";
            text.WriteLine($"  disclosure {disclosure.Outcome.Word()}: {disclosure.Text}{size}");
        }

        if (verification.Disclosures.Any(disclosure => disclosure.Outcome == LayerOutcome.Passed))
        {
            text.WriteLine($"  {DisclosureReport.Shows}");
            text.WriteLine($"  {DisclosureReport.ShowsNot}");
        }
    }

    private static void WriteStates(TextWriter text, Verification verification)
    {
        if (verification.Settled is { } settled)
        {
            string where = settled.IsOwnBlock ? $"in block {settled.Height}" : $"by block {settled.Height}";
            text.WriteLine($"  settled   {where}, {Time(settled.Time)}: {Lead(settled.LeadMs)}");
        }

        if (verification.Anchored is { } anchored)
        {
            text.WriteLine(
                $"  anchored  Bitcoin {anchored.Network}, block {anchored.Height} (the node's claim), {Time(anchored.Time)} ± 2 h, transaction {anchored.Transaction}");
        }

        if (verification.AsOf is { } asOf)
        {
            text.WriteLine($"  as of     {Time(asOf)} (block time of the newest checkpoint)");
        }
    }

    private static string Lead(long milliseconds) => milliseconds >= 0
        ? $"{milliseconds} ms after the record's own time"
        : $"{-milliseconds} ms before the record's own time";

    private static string Time(UnixTime time) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)time.Milliseconds).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'");
}
