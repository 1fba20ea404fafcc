using System.Text;
using Ledger.Simulator;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>
/// Each file in Scenarios tells one fact: commands, and after each what the nodes say and do. With LEDGER_STORIES set
/// to a folder the transcripts are written there too, to be read and then put beside the commands.
/// </summary>
public sealed class StoryTests
{
    private const string BrokenBy = "# Broken by: ";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Scenarios");

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*.txt").Select(file => Path.GetFileName(file)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void The_story_goes_as_it_is_told(string file)
    {
        string expected = Read(file);
        string told = Story.Tell(expected, StoryBug.None);
        if (Environment.GetEnvironmentVariable("LEDGER_STORIES") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, file), told);
        }

        Assert.True(told == expected, Difference(expected, told));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_bug_that_a_story_names_makes_it_go_otherwise(string file)
    {
        string expected = Read(file);
        string[] names = [.. expected.Split('\n')
            .Where(line => line.StartsWith(BrokenBy, StringComparison.Ordinal))
            .SelectMany(line => line[BrokenBy.Length..].Split(", "))];
        Assert.NotEmpty(names);
        foreach (string name in names)
        {
            string told = Story.Tell(expected, StoryBug.Named(name));
            Assert.False(told == expected, $"{file} goes the same under {name}.");
        }
    }

    [Fact]
    public void A_story_that_goes_otherwise_shows_where()
    {
        string text = Read("a_network_settles.txt");
        string told = Story.Tell(text, StoryBug.Named(nameof(BrokenRules.SpeaksBeforeTheDisk)));
        Assert.Contains("BROKEN durable before visible", Difference(text, told), StringComparison.Ordinal);
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Folder, file)).ReplaceLineEndings("\n");

    /// <summary>
    /// What both share with a space in front, what is missing with a minus, what came instead with a plus.
    /// </summary>
    private static string Difference(string expected, string told)
    {
        string[] left = expected.Split('\n');
        string[] right = told.Split('\n');
        int same = left.Zip(right).TakeWhile(pair => pair.First == pair.Second).Count();
        int end = left[same..].Reverse().Zip(right[same..].Reverse())
            .TakeWhile(pair => pair.First == pair.Second)
            .Count();
        var text = new StringBuilder();
        foreach ((char mark, IEnumerable<string> lines) in (IEnumerable<(char, IEnumerable<string>)>)
            [(' ', left[Math.Max(0, same - 8)..same]), ('-', left[same..^end]), ('+', right[same..^end])])
        {
            foreach (string line in lines)
            {
                text.Append(mark).Append(line).Append('\n');
            }
        }

        return text.ToString();
    }
}
