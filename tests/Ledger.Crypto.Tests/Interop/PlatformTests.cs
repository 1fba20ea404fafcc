using Ledger.TestKit;

namespace Ledger.Crypto.Tests.Interop;

/// <summary>
/// The platform's own ML-DSA: on this machine, where it has one, and always in a process on a newer system's OpenSSL.
/// </summary>
[Trait("Tier", "full")]
public sealed class PlatformTests
{
    [FactThatNeeds("platform-mldsa")]
    public void Ours_and_this_machines_agree() => PlatformChecks.Run();

    [FactThatNeeds("openssl")]
    public void Ours_and_that_of_the_newest_system_agree()
    {
        (int code, string output, string errors) = Run("agree");
        Assert.True(code == 0, $"exit {code}: {errors}");
        Assert.Contains(": 0 differ; OpenSSL 3.", output, StringComparison.Ordinal);
        Counts.Add("platform", output.Trim());
    }

    /// <summary>
    /// The guarantee is that no unsound signature leaves; each switch makes the platform's one unsound.
    /// </summary>
    [TheoryThatNeeds("openssl")]
    [InlineData("foreign-context")]
    [InlineData("tampered")]
    [InlineData("another-message")]
    public void What_the_platform_made_and_we_would_refuse_is_thrown_away(string fault)
    {
        Assert.Equal(0, Run("sound").Code);
        (int code, _, string errors) = Run(fault);
        Assert.Equal(PlatformHost.ThrownAway, code);
        Assert.Contains("does not verify", errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(string argument)
    {
        using NewestSystem system = new(Needs.Get("openssl"));
        return system.Run(typeof(PlatformHost).Assembly.Location, argument);
    }
}
