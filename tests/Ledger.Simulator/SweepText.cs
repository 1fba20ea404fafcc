using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Consensus;

namespace Ledger.Simulator;

/// <summary>What a sweep found, for people and for programs.</summary>
internal static class SweepText
{
    /// <summary>With this begins the line of a transcript that says what broke.</summary>
    public const string Broken = "BROKEN";

    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The command that shows one seed again.</summary>
    public static string Replay(ulong seed, Bug? bug) =>
        $"./ledger simulate --seeds {seed}{(bug is null ? "" : $" --bug {bug.Name}")} --transcript";

    /// <param name="elapsed">How long the sweep took.</param>
    /// <param name="cores">On how many cores.</param>
    /// <param name="transcript">Where that of the failing seed is kept.</param>
    public static string Lines(Sweep sweep, TimeSpan elapsed, int cores, string? transcript)
    {
        var text = new StringBuilder();
        Line(text, $"seeds    {sweep.First}..{sweep.Last}: {sweep.Seeds} run");
        Line(text, $"work     {sweep.Heights} heights, {sweep.Records} records settled in {sweep.Steps} steps");
        Line(text, $"time     {elapsed.TotalSeconds:F1} s on {cores} cores");
        Line(text, $"speed    {StandInRate(sweep):F1} seeds a second and core with stand-in signatures");
        Line(text, $"         {RealRate(sweep):F1} a second and core with ML-DSA-65, {sweep.SeedsForReal} of them");
        if (sweep.Seeds > 0)
        {
            Line(text, $"least    {sweep.HeightsMin} heights, {sweep.FaultsMin} faults in one seed");
            Line(text, $"healing  {sweep.HealedInMsMax} ms for {Plan.HeightsAfterHealing} heights after all faults");
            Line(text, $"bound    {Plan.SettleWithinMs} ms");
            Line(text, $"reports  {sweep.Reports} of misbehaviour");
            Line(text, $"anchors  {sweep.Anchors} settled");
            Line(text, $"faults   {Counts(sweep.Faults)}");
            Line(text, $"rules    {Counts(Numbered(sweep.Rules))}");
        }

        if (sweep.Failure is { } failure)
        {
            Line(text, $"{Broken}   seed {failure.Seed}: {failure.Broken.Message}");
            Line(text, $"again    {Replay(failure.Seed, sweep.Bug)}");
            Line(text, $"kept     {transcript}");
        }

        return text.ToString().TrimEnd();
    }

    public static string Json(Sweep sweep, TimeSpan elapsed, string? transcript) =>
        new JsonObject
        {
            ["first"] = sweep.First,
            ["last"] = sweep.Last,
            ["seeds"] = sweep.Seeds,
            ["heights"] = sweep.Heights,
            ["records"] = sweep.Records,
            ["steps"] = sweep.Steps,
            ["seconds"] = Math.Round(elapsed.TotalSeconds, 3),
            ["seedsForReal"] = sweep.SeedsForReal,
            ["standInsPerSecondAndCore"] = Math.Round(StandInRate(sweep), 2),
            ["forRealPerSecondAndCore"] = Math.Round(RealRate(sweep), 2),
            ["healedInMsMax"] = sweep.HealedInMsMax,
            ["reports"] = sweep.Reports,
            ["anchors"] = sweep.Anchors,
            ["faults"] = CountsJson(sweep.Faults),
            ["rules"] = CountsJson(sweep.Rules),
            ["failure"] = sweep.Failure is not { } failure ? null : new JsonObject
            {
                ["seed"] = failure.Seed,
                ["invariant"] = failure.Broken.Invariant,
                ["message"] = failure.Broken.Message,
                ["replay"] = Replay(failure.Seed, sweep.Bug),
                ["transcript"] = transcript,
            },
        }.ToJsonString(Indented);

    private static double StandInRate(Sweep sweep) =>
        Rate(sweep.Seeds - sweep.SeedsForReal, sweep.TimeOfStandIns);

    private static double RealRate(Sweep sweep) => Rate(sweep.SeedsForReal, sweep.TimeForReal);

    private static double Rate(long seeds, TimeSpan time) => seeds / Math.Max(time.TotalSeconds, 0.001);

    private static void Line(StringBuilder text, FormattableString line) =>
        text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Rules by the paper's line and their names.</summary>
    private static Dictionary<string, long> Numbered(IReadOnlyDictionary<ProtocolRule, long> rules) =>
        rules.ToDictionary(rule => $"{(int)rule.Key} {rule.Key}", rule => rule.Value);

    private static string Counts<TKey>(IReadOnlyDictionary<TKey, long> counts) =>
        string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}"));

    private static JsonObject CountsJson<TKey>(IReadOnlyDictionary<TKey, long> counts)
        where TKey : notnull =>
        new(counts.Select(count => KeyValuePair.Create(count.Key.ToString()!, (JsonNode?)count.Value)));
}
