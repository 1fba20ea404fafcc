namespace Ledger.Scripts.Tests;

/// <summary>How ./test reads results and what it says in the end.</summary>
[Trait("Tier", "process")]
public sealed class ReportTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Names_times_and_reasons_are_read_from_the_result_file()
    {
        _shell.Write("a.trx", """
            <Results>
              <UnitTestResult testName="A.B(x: &quot;&lt;&amp;&quot;)" duration="00:01:02.5" outcome="Passed" />
              <UnitTestResult testName="A.C" duration="00:00:00.0010000" outcome="NotExecuted">
                <Message>needs x: do y</Message>
              </UnitTestResult>
              <UnitTestResult testName="A.D" duration="00:00:00.0010000" outcome="Failed">
                <Message>first line
            second line</Message>
              </UnitTestResult>
            </Results>
            """);
        Assert.Equal(
            "Passed\t62.5\tA.B(x: \"<&\")\t\nNotExecuted\t0.001\tA.C\tneeds x: do y\nFailed\t0.001\tA.D\tfirst line\n",
            _shell.Run($"source tests/report.sh; trx_rows '{_shell.PathOf("a.trx")}'").Output);
    }

    [Fact]
    public void What_the_tests_said_is_read_from_the_result_file()
    {
        _shell.Write("a.trx", """
            <Results>
              <UnitTestResult testName="A.B" duration="00:00:01" outcome="Passed">
                <Output>
                  <StdOut>1,000 cases &lt; 2,000 &amp; more
            second line</StdOut>
                </Output>
              </UnitTestResult>
              <UnitTestResult testName="A.C" duration="00:00:01" outcome="Passed" />
            </Results>
            <ResultSummary><Output><StdOut>of the runner</StdOut></Output></ResultSummary>
            """);
        Assert.Equal(
            "  1,000 cases < 2,000 & more\n  second line\n",
            _shell.Run($"source tests/report.sh; trx_said '{_shell.PathOf("a.trx")}'").Output);
    }

    [Fact]
    public void A_run_without_failures_is_a_success_and_its_last_line_counts()
    {
        ShellResult result = Summary("Passed\t1\tA\t", "Passed\t2\tB\t", "NotExecuted\t0\tC\tneeds x");
        Assert.Equal((0, "2 passed, 0 failed, 1 skipped"), (result.ExitCode, result.LastLine));
        Assert.Contains("C: needs x", result.Output);
    }

    [Theory]
    [InlineData("Failed")]
    [InlineData("Timeout")]
    [InlineData("Aborted")]
    public void Whatever_did_not_pass_and_was_not_skipped_is_a_failure(string outcome)
    {
        ShellResult result = Summary("Passed\t1\tA\t", $"{outcome}\t1\tB\t");
        Assert.Equal((1, "1 passed, 1 failed, 0 skipped"), (result.ExitCode, result.LastLine));
    }

    [Fact]
    public void A_run_in_which_nothing_passed_is_no_success() =>
        Assert.Equal(1, Summary("NotExecuted\t1\tA\tneeds x").ExitCode);

    [Fact]
    public void Where_CI_judges_a_skip_that_nobody_named_is_a_failure_and_a_named_one_is_not()
    {
        _shell.Set("CI", "true");
        _shell.Set("allowed_skips", _shell.Write("allowed", "# why\nA.Named(x: \"#1\")  # its reason\n"));
        ShellResult named = Summary("Passed\t1\tA\t", "NotExecuted\t0\tA.Named(x: \"#1\")\tneeds x");
        Assert.Equal((0, "1 passed, 0 failed, 1 skipped"), (named.ExitCode, named.LastLine));
        ShellResult unnamed = Summary("Passed\t1\tA\t", "NotExecuted\t0\tA.Other\tneeds x");
        Assert.Equal((1, "1 passed, 1 failed, 0 skipped"), (unnamed.ExitCode, unnamed.LastLine));
    }

    [Fact]
    public void The_ten_slowest_are_listed_slowest_first()
    {
        ShellResult result = Summary([.. Enumerable.Range(1, 12).Select(n => $"Passed\t{n}.5\tT{n}\t")]);
        string[] lines = [.. result.Output.Split('\n').Where(line => line.Contains(" s  T"))];
        Assert.Equal(10, lines.Length);
        Assert.EndsWith("12.5 s  T12", lines[0]);
        Assert.EndsWith("3.5 s  T3", lines[^1]);
    }

    private ShellResult Summary(params string[] rows) => _shell.Run(
        $"source tests/report.sh; summary '{_shell.Write("rows.tsv", string.Concat(rows.Select(row => row + "\n")))}'");
}
