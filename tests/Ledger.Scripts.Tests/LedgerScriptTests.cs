using System.Diagnostics;
using Ledger.TestKit;

namespace Ledger.Scripts.Tests;

/// <summary>./ledger in a small house of its own, with a stand-in for the SDK that counts its builds.</summary>
[Trait("Tier", "process")]
public sealed class LedgerScriptTests : IDisposable
{
    private readonly Shell _shell = new();

    public LedgerScriptTests()
    {
        foreach (string file in (string[])["ledger", "run", "node/build.sh", "node/setup.sh"])
            _shell.Write(file, File.ReadAllText(Checkout.PathOf(file)));
        foreach (string file in (string[])["consensus/A.cs", "anchor/A.cs", "node/A.cs", "global.json"])
            _shell.Write(file, "");
        _shell.Write(".editorconfig", "");
        _shell.Write("Directory.Build.props", "");
        _shell.Write("local folder/bin/bitcoind", "");
        _shell.Write("local folder/rocksdb/load-order", "");
        Sdk("");
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void The_first_start_builds_and_the_next_one_starts_directly()
    {
        Assert.Equal("ran: verify a b", Ledger("verify 'a b'").LastLine);
        Assert.Equal("ran: verify a b", Ledger("verify 'a b'").LastLine);
        Assert.Equal(1, Builds());
    }

    [Theory]
    [InlineData("touch consensus/A.cs")]
    [InlineData("touch node/A.cs")]
    [InlineData("touch Directory.Build.props")]
    [InlineData("rm anchor/A.cs")]
    [InlineData("rm artifacts/bin/Ledger.Cli/release/ledger")]
    public void A_changed_or_removed_source_is_built_before_the_start(string change)
    {
        Ledger("status");
        _shell.Run($"cd '{_shell.Folder}' && sleep 0.05 && {change}");
        Assert.Equal("ran: status", Ledger("status").LastLine);
        Assert.Equal(2, Builds());
    }

    [Fact]
    public void The_simulator_is_built_when_it_is_asked_for_and_a_source_changed()
    {
        _shell.Write("tests/Ledger.Simulator/A.cs", "");
        Ledger("status");
        Assert.Equal(1, Builds());
        Assert.Equal("ran: simulate --seeds 1", Ledger("simulate --seeds 1").LastLine);
        Ledger("simulate --seeds 1");
        Assert.Equal(2, Builds());
        _shell.Run($"cd '{_shell.Folder}' && sleep 0.05 && touch tests/Ledger.Simulator/A.cs");
        Ledger("simulate --seeds 1");
        Assert.Equal(3, Builds());
    }

    [Fact]
    public void An_edit_during_a_build_is_built_by_the_next_start()
    {
        Sdk($"sleep 0.1; touch '{_shell.PathOf("node/A.cs")}'");
        Ledger("status");
        Sdk("");
        Ledger("status");
        Ledger("status");
        Assert.Equal(2, Builds());
    }

    [Fact]
    public void Two_starts_at_the_same_time_build_once()
    {
        Sdk("sleep 0.5");
        using Process first = _shell.Start($"'{_shell.PathOf("ledger")}' status");
        using Process second = _shell.Start($"'{_shell.PathOf("ledger")}' status");
        first.WaitForExit();
        second.WaitForExit();
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(1, Builds());
    }

    [Fact]
    public void After_a_build_that_fails_nothing_starts_and_the_errors_are_shown()
    {
        Ledger("status");
        _shell.Run($"sleep 0.05; touch '{_shell.PathOf("node/A.cs")}'");
        Sdk("echo 'A.cs(1,1): error CS1002: ; expected'; exit 1");
        ShellResult result = Ledger("status");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains("error CS1002", result.Errors);
        Assert.NotEqual(0, Ledger("status").ExitCode);
    }

    [Fact]
    public void The_programs_exit_code_comes_through()
    {
        ShellResult result = Ledger("exit-with 3");
        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public void Run_plays_the_tour_and_refuses_what_it_does_not_know()
    {
        Assert.Equal("ran: tour --once", _shell.Run($"'{_shell.PathOf("run")}' --once").LastLine);
        Assert.Equal(64, _shell.Run($"'{_shell.PathOf("run")}' --twice").ExitCode);
    }

    [Fact]
    public void A_signal_to_the_script_reaches_the_program_itself()
    {
        Ledger("status");
        using Process process = _shell.Start($"exec '{_shell.PathOf("run")}'");
        Assert.Equal("ran: tour", process.StandardOutput.ReadLine());
        Assert.Equal(0, _shell.Run($"kill -TERM {process.Id}").ExitCode);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(120)));
        Assert.Equal("stopped", process.StandardOutput.ReadLine());
    }

    private ShellResult Ledger(string arguments) => _shell.Run($"'{_shell.PathOf("ledger")}' {arguments}");

    private int Builds() => _shell.Calls.Count(call => call.StartsWith("dotnet build", StringComparison.Ordinal));

    private void Sdk(string before) => _shell.Program("dotnet", $$"""
        {{before}}
        program='{{_shell.PathOf("artifacts/bin/Ledger.Cli/release/ledger")}}'
        mkdir -p "$(dirname "$program")"
        cat > "$program" <<'SH'
        #!/bin/bash
        [[ $1 == exit-with ]] && exit "$2"
        [[ "$*" != tour ]] || trap 'echo stopped; exit 0' TERM
        echo "ran: $*"
        [[ "$*" == tour ]] || exit 0
        while :; do sleep 0.05; done
        SH
        sed -i 's/^ *//' "$program"
        chmod +x "$program"
        """);
}
