using System.Diagnostics;

namespace Ledger.Scripts.Tests;

/// <summary>node/setup.sh against stand-ins for apt and dpkg: no network, nothing unpacked for real.</summary>
[Trait("Tier", "process")]
public sealed class SetupTests : IDisposable
{
    private const string Fetch = "source node/setup.sh; debian_fetch sid thing some-package";

    private readonly Shell _shell = new();

    public SetupTests()
    {
        Apt(update: "exit 0");
        _shell.Program("dpkg", """
            case $1 in
                --print-architecture) echo amd64 ;;
                -x) grep -q sound "$2" || exit 2; mkdir -p "$3/usr/bin"; cp "$2" "$3/usr/bin/thing" ;;
            esac
            """);
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_package_is_unpacked_from_the_hosts_mirror_into_the_private_folder()
    {
        ShellResult result = _shell.Run(Fetch);
        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        Assert.True(File.Exists(_shell.PathOf("local folder", "debian", "thing", "usr", "bin", "thing")));
        string sources = File.ReadAllText(_shell.PathOf("local folder", "debian", "state-sid", "sources.list"));
        Assert.Contains("http://mirror.example/debian/ sid main", sources);
        Assert.DoesNotContain("other.example", sources);
        string status = _shell.PathOf("local folder", "debian", "state-sid", "status");
        Assert.Equal(0, new FileInfo(status).Length);
    }

    [Fact]
    public void A_list_that_expired_is_asked_for_once_more_without_its_date_and_that_is_said_aloud()
    {
        Apt(update: """
            [[ $* == *Check-Valid-Until=false* ]] && exit 0
            echo 'E: Release file for http://mirror.example/debian/dists/sid/InRelease is expired' >&2; exit 100
            """);
        ShellResult result = _shell.Run(Fetch);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("EXPIRED", result.Errors);
        Assert.Equal(2, Updates());
    }

    [Fact]
    public void A_list_with_a_bad_signature_is_not_asked_for_again()
    {
        Apt(update: "echo 'E: The following signatures were invalid: BADSIG' >&2; exit 100");
        ShellResult result = _shell.Run(Fetch);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("BADSIG", result.Errors);
        Assert.Equal(1, Updates());
        Assert.DoesNotContain(_shell.Calls, call => call.Contains("Check-Valid-Until"));
        Assert.False(Directory.Exists(_shell.PathOf("local folder", "debian", "thing")));
    }

    [Fact]
    public void A_download_that_fails_leaves_nothing_that_counts_and_the_next_start_finishes()
    {
        Apt(update: "exit 0", install: "echo 'E: Failed to fetch' >&2; exit 100");
        ShellResult failed = _shell.Run(Fetch);
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("nothing was changed", failed.Errors);
        Assert.False(Directory.Exists(_shell.PathOf("local folder", "debian", "thing")));

        Apt(update: "exit 0");
        Assert.Equal(0, _shell.Run(Fetch).ExitCode);
        Assert.True(Directory.Exists(_shell.PathOf("local folder", "debian", "thing")));
    }

    [Fact]
    public void A_damaged_package_is_removed_so_that_the_next_start_fetches_it_again()
    {
        Apt(update: "exit 0", content: "torn");
        ShellResult failed = _shell.Run(Fetch);
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("damaged", failed.Errors);
        Assert.False(Directory.Exists(_shell.PathOf("local folder", "debian", "thing")));

        Apt(update: "exit 0");
        Assert.Equal(0, _shell.Run(Fetch).ExitCode);
    }

    [Fact]
    public void Two_set_ups_at_the_same_time_fetch_once()
    {
        const string Both = """
            source node/setup.sh
            has_thing() { [[ -d $ledger_local/debian/thing ]]; }
            setup_thing() { sleep 0.5; debian_fetch sid thing some-package; }
            setup_each thing
            """;
        using Process first = _shell.Start(Both);
        using Process second = _shell.Start(Both);
        first.WaitForExit();
        second.WaitForExit();
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Single(_shell.Calls, call => call.Contains(" install "));
    }

    [Fact]
    public void What_is_there_needs_neither_apt_nor_flock()
    {
        _shell.Write("local folder/bin/bitcoind", "");
        _shell.Write("local folder/rocksdb/load-order", "");
        using Shell bare = new();
        bare.OnlyPrograms("dirname");
        bare.Set("LEDGER_LOCAL", _shell.PathOf("local folder"));
        ShellResult result = bare.Run("/bin/bash node/setup.sh");
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public void Where_there_is_no_apt_one_message_names_what_to_install()
    {
        using Shell bare = new();
        bare.OnlyPrograms("dirname", "mkdir", "flock", "awk");
        ShellResult result = bare.Run("/bin/bash node/setup.sh bitcoind");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        string message = Assert.Single(result.Errors.TrimEnd('\n').Split('\n'));
        Assert.Contains("bitcoind", message);
        Assert.Contains("LEDGER_BITCOIND", message);
    }

    [Fact]
    public void A_daemon_that_the_operator_names_is_taken_and_a_wrong_name_is_refused()
    {
        _shell.Set("LEDGER_BITCOIND", _shell.Write("mine", ""));
        Assert.Equal(0, _shell.Run("node/setup.sh bitcoind").ExitCode);
        _shell.Set("LEDGER_BITCOIND", _shell.PathOf("nothing"));
        ShellResult refused = _shell.Run("node/setup.sh bitcoind");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("LEDGER_BITCOIND", refused.Errors);
    }

    private int Updates() => _shell.Calls.Count(call => call.StartsWith("apt-get", StringComparison.Ordinal)
        && call.EndsWith(" update", StringComparison.Ordinal));

    // The stand-in knows the host's own mirror and a foreign one, as hosts with added sources do.
    private void Apt(string update, string install = "", string content = "sound") => _shell.Program("apt-get", $$"""
        case " $* " in
            *" indextargets --no-release-info "*)
                . /etc/os-release
                echo "other http://other.example/ main"
                echo "$VERSION_CODENAME http://mirror.example/debian/ main" ;;
            *" update "*) {{update}} ;;
            *" install "*)
                {{install}}
                archives="$*" archives=${archives#*Dir::Cache::archives=}; archives=${archives% install *}
                echo '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.'
                [[ -e $archives/some-package_1_all.deb ]] || echo {{content}} > "$archives/some-package_1_all.deb" ;;
        esac
        """);
}
