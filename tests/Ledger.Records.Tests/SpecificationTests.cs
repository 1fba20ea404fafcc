using System.Text;
using System.Text.RegularExpressions;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Form;
using Ledger.Records.Tests.Vectors;
using Ledger.TestKit;

namespace Ledger.Records.Tests;

/// <summary>The chapter on records and the code say the same.</summary>
public sealed partial class SpecificationTests
{
    private static readonly string Chapter = ReadChapter();

    public static TheoryData<string, string> Shapes
    {
        get
        {
            TheoryData<string, string> shapes = [];
            foreach (RecordKind kind in Enum.GetValues<RecordKind>())
            {
                string rule = kind switch
                {
                    RecordKind.Key => "key-change",
                    RecordKind.Model => "model-change",
                    _ => kind.Word(),
                };
                shapes.Add(rule, BodyShapes.Of(kind).Cddl);
            }

            foreach ((string type, MapShape shape) in BodyShapes.DocumentTypes)
            {
                shapes.Add(type, shape.Cddl);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_CDDL_of_a_body_is_what_the_code_checks(string rule, string checkedAs) =>
        Assert.Equal(Plain(checkedAs), Plain(Expand(rule)));

    [Fact]
    public void Each_rule_that_the_code_names_is_in_the_chapter()
    {
        SortedSet<string> named = [];
        foreach (string folder in (string[])["Ledger.Records", "Ledger.Core/Cbor"])
        {
            foreach (string file in Directory.EnumerateFiles(Checkout.PathOf("consensus", folder), "*.cs",
                SearchOption.AllDirectories))
            {
                foreach (string comment in File.ReadLines(file)
                    .Where(line => line.Contains("//", StringComparison.Ordinal)))
                {
                    named.UnionWith(RuleName().Matches(comment).Select(match => match.Value));
                }
            }
        }

        Assert.InRange(named.Count, 30, 100);
        foreach (string rule in named)
        {
            Assert.True(
                Chapter.Contains($"**{rule}**", StringComparison.Ordinal)
                    || Regex.IsMatch(Chapter, $@"^; {rule}\b", RegexOptions.Multiline),
                $"{rule} is named in the code and not in the chapter");
        }
    }

    [Fact]
    public void Each_rule_of_form_and_of_streams_is_named_in_the_code()
    {
        string code = string.Concat(Directory
            .EnumerateFiles(Checkout.PathOf("consensus", "Ledger.Records"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText));
        foreach (string rule in Enumerable.Range(1, 12).Select(i => $"R{i}")
            .Concat(Enumerable.Range(1, 17).Select(i => $"S{i}")))
        {
            Assert.Contains($"**{rule}**", Chapter, StringComparison.Ordinal);
            Assert.True(Regex.IsMatch(code, $@"\b{rule}\b"), $"{rule} is in the chapter and not in the code");
        }
    }

    [Fact]
    public void Each_reason_for_a_refusal_is_explained()
    {
        foreach (CborFault fault in Enum.GetValues<CborFault>()
            .Where(fault => fault is not (CborFault.None or CborFault.TooLong)))
        {
            Assert.Contains(new CborError(fault, 0).Reason, Chapter, StringComparison.Ordinal);
        }

        foreach (Layer layer in Enum.GetValues<Layer>().Where(layer => layer < Layer.Log))
        {
            Assert.Contains($"| `{layer.Word()}` |", Chapter, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_worked_example_is_the_whole_of_the_third_record_of_the_sample()
    {
        Record record = SampleChain.Build().Records[2];
        string hex = Convert.ToHexStringLower(record.Bytes.Span);
        string lines = string.Join('\n', hex.Chunk(120).Select(line => new string(line)));
        Assert.Contains(RecordText.Diagnostic(record), Chapter, StringComparison.Ordinal);
        Assert.Contains(lines, Chapter, StringComparison.Ordinal);
        Assert.Contains($"`{record.Id}`", Chapter, StringComparison.Ordinal);
        Assert.Contains($"`{record.Entry}`", Chapter, StringComparison.Ordinal);
        Assert.Contains($"{record.SignedBytesLength} bytes that begin", Chapter, StringComparison.Ordinal);
        Assert.Contains($"`{Digest.Of(record.SignedBytes())}`", Chapter, StringComparison.Ordinal);
    }

    /// <summary>A rule of the chapter's CDDL with every name in it replaced by what it stands for.</summary>
    private static string Expand(string rule)
    {
        Dictionary<string, string> rules = Rules();
        string text = rules[rule];
        for (int round = 0; round < 10; round++)
        {
            text = Name().Replace(text, match =>
                rules.TryGetValue(match.Value, out string? meaning) ? meaning : match.Value);
        }

        return text;
    }

    private static Dictionary<string, string> Rules()
    {
        Dictionary<string, StringBuilder> rules = [];
        StringBuilder? current = null;
        foreach (Match block in CddlBlock().Matches(Chapter))
        {
            foreach (string line in block.Groups[1].Value.Split('\n'))
            {
                string text = line.Split(';')[0];
                if (RuleStart().Match(text) is { Success: true } start)
                {
                    rules[start.Groups[1].Value] = current = new StringBuilder(text[start.Length..]);
                }
                else
                {
                    current?.Append(' ').Append(text.Trim());
                }
            }
        }

        // A group in parentheses stands for its members.
        return rules.ToDictionary(rule => rule.Key, rule =>
        {
            string text = rule.Value.ToString().Trim();
            return text.StartsWith('(') ? text[1..^1] : text;
        });
    }

    private static string Plain(string cddl) => Whitespace().Replace(cddl, "");

    private static string ReadChapter() => string.Concat(
        ((string[])["README.md", "README-records.md"])
            .Select(name => Checkout.PathOf("consensus", name))
            .Where(File.Exists)
            .Select(File.ReadAllText));

    [GeneratedRegex(@"\b[RSVDCF]\d{1,2}\b")]
    private static partial Regex RuleName();

    [GeneratedRegex(@"(?<![""\w.-])[a-z][a-z-]*(?![""\w-]|\s*:)")]
    private static partial Regex Name();

    [GeneratedRegex("```cddl\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CddlBlock();

    [GeneratedRegex(@"^([a-z][a-z-]*) = ")]
    private static partial Regex RuleStart();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
