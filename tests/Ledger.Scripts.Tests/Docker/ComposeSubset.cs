using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Ledger.Scripts.Tests.Docker;

/// <summary>
/// The part of the Compose specification that our file uses, written down by hand: which members each part may have,
/// of which shape, that every name refers to something, and that files exist. It is not the official JSON schema, which
/// is not shipped.
/// </summary>
internal static partial class ComposeSubset
{
    private static readonly Dictionary<string, Func<object?, bool>> Service = new(StringComparer.Ordinal)
    {
        ["image"] = IsText,
        ["build"] = value => IsMap(value, "context", "dockerfile"),
        ["entrypoint"] = IsTexts,
        ["command"] = IsTexts,
        ["healthcheck"] = value => IsMap(value, "disable"),
        ["depends_on"] = value => value is Dictionary<object, object?> map && map.Values.All(IsDependency),
        ["networks"] = IsTexts,
        ["ports"] = value => IsTexts(value) && Texts(value).All(port => PublishedPort().IsMatch(port)),
        ["volumes"] = value => IsTexts(value) && Texts(value).All(volume => Mount().IsMatch(volume)),
        ["configs"] = AreGrants,
        ["restart"] = value => value is "no" or "always" or "on-failure" or "unless-stopped",
        ["stop_grace_period"] = value => value is string text && Duration().IsMatch(text),
        ["read_only"] = value => value is "true" or "false",
        ["tmpfs"] = IsTexts,
        ["cap_drop"] = IsTexts,
        ["security_opt"] = IsTexts,
    };

    private static readonly string[] Parts = ["name", "services", "networks", "volumes", "configs"];

    /// <summary>Everything wrong with a file, as sentences; empty when it is sound.</summary>
    /// <param name="folder">What paths in the file are relative to.</param>
    internal static List<string> Check(string yaml, string folder)
    {
        Dictionary<string, object?> file;
        try
        {
            MergingParser parser = new(new Parser(new StringReader(yaml)));
            file = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object?>>(parser) ?? [];
        }
        catch (YamlException exception)
        {
            return [$"is no YAML: {exception.Message}"];
        }
        // Parts whose names begin with x- are the author's own.
        List<string> faults = [.. file.Keys
            .Where(part => !Parts.Contains(part) && !part.StartsWith("x-", StringComparison.Ordinal))
            .Select(part => $"has a part '{part}' that Compose does not know")];
        Dictionary<object, object?> services = Map(file.GetValueOrDefault("services"));
        if (services.Count == 0)
            faults.Add("has no services");
        foreach ((object name, object? service) in services)
            faults.AddRange(CheckService(file, Map(service), folder).Select(fault => $"service {name} {fault}"));
        foreach ((object name, object? config) in Map(file.GetValueOrDefault("configs")))
        {
            if (!IsMap(config, "file") || !File.Exists(Path.Combine(folder, (string)Map(config)["file"]!)))
                faults.Add($"config {name} names no file that exists");
        }
        return faults;
    }

    private static IEnumerable<string> CheckService(
        Dictionary<string, object?> file, Dictionary<object, object?> service, string folder)
    {
        foreach ((object member, object? value) in service)
        {
            if (!Service.TryGetValue((string)member, out Func<object?, bool>? shape))
                yield return $"has a member '{member}' outside the subset";
            else if (!shape(value))
                yield return $"has a '{member}' of the wrong shape";
        }
        if (!service.ContainsKey("image") && !service.ContainsKey("build"))
            yield return "has neither image nor build";
        foreach ((string part, string name) in Names(service))
        {
            if (!Map(file.GetValueOrDefault(part)).ContainsKey(name))
                yield return $"uses '{name}', which {part} does not declare";
        }
        if (Map(service.GetValueOrDefault("build")) is { Count: > 0 } build
            && !File.Exists(Path.Combine(folder, $"{build["context"]}", $"{build["dockerfile"]}")))
            yield return "is built from a file that does not exist";
    }

    private static IEnumerable<(string Part, string Name)> Names(Dictionary<object, object?> service)
    {
        foreach (object name in Map(service.GetValueOrDefault("depends_on")).Keys)
            yield return ("services", (string)name);
        foreach (string name in Texts(service.GetValueOrDefault("networks")))
            yield return ("networks", name);
        foreach (string volume in Texts(service.GetValueOrDefault("volumes")))
        {
            if (volume[0] is not ('.' or '/'))
                yield return ("volumes", volume.Split(':')[0]);
        }
        foreach (object? grant in service.GetValueOrDefault("configs") as List<object?> ?? [])
            yield return ("configs", Map(grant).GetValueOrDefault("source") as string ?? "");
    }

    private static Dictionary<object, object?> Map(object? value) => value as Dictionary<object, object?> ?? [];

    private static IEnumerable<string> Texts(object? value) => (value as List<object?> ?? []).OfType<string>();

    private static bool IsText(object? value) => value is string { Length: > 0 };

    private static bool IsTexts(object? value) => value is List<object?> { Count: > 0 } list && list.All(IsText);

    private static bool IsMap(object? value, params string[] members) =>
        value is Dictionary<object, object?> map && map.Count == members.Length
        && members.All(member => map.TryGetValue(member, out object? found) && IsText(found));

    private static bool IsDependency(object? value) => IsMap(value, "condition")
        && Map(value)["condition"] is "service_started" or "service_healthy" or "service_completed_successfully";

    private static bool AreGrants(object? value) =>
        value is List<object?> { Count: > 0 } list && list.All(grant => IsMap(grant, "source", "target"));

    [GeneratedRegex(@"^(?:[0-9.]+:)?[0-9]{1,5}:[0-9]{1,5}(?:/(?:tcp|udp))?$", RegexOptions.None, 1000)]
    private static partial Regex PublishedPort();

    [GeneratedRegex("^[^:]+:/[^:]*(?::ro)?$", RegexOptions.None, 1000)]
    private static partial Regex Mount();

    [GeneratedRegex("^(?:[0-9]+(?:ms|s|m|h))+$", RegexOptions.None, 1000)]
    private static partial Regex Duration();
}
