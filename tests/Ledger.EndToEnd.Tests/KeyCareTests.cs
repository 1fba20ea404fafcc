using System.Text.Json;
using Ledger.EndToEnd.Tests.Network;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>
/// Key files as their owner handles them: unattended, wrong, too open, backed up, signed with by the platform.
/// </summary>
[Trait("Tier", "process")]
public sealed class KeyCareTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly TempFolder _folder = new();

    private string Key => _folder.Of("a.key");

    private string Passphrase => _folder.Of("passphrase");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_mistake_with_a_key_file_gets_its_own_sentence_and_no_stack_trace()
    {
        string words = await MakeAsync();
        Assert.Equal(words, Words(await ShowAsync(Key, "--passphrase-file", Passphrase)));

        string wrong = Secret("wrong", "horse");
        string empty = Secret("empty", "");
        await RefusedAsync("The passphrase does not open this key file", Key, "--passphrase-file", wrong);
        await RefusedAsync("is no passphrase", Key, "--passphrase-file", empty);
        await RefusedAsync("The key file is encrypted", Key, "--no-passphrase");
        await RefusedAsync("There is no key file", _folder.Of("none.key"), "--passphrase-file", Passphrase);
        File.SetUnixFileMode(Passphrase, Owner | UnixFileMode.OtherRead);
        await RefusedAsync($"chmod 600 {Passphrase}", Key, "--passphrase-file", Passphrase);
        File.SetUnixFileMode(Passphrase, Owner);
        File.SetUnixFileMode(Key, Owner | UnixFileMode.GroupRead);
        await RefusedAsync($"chmod 600 {Key}", Key, "--passphrase-file", Passphrase);
        File.SetUnixFileMode(Key, Owner);
        Ran again = await Cli.RunAsync("key", "new", Key, "--passphrase-file", Passphrase);
        Assert.True(again.Code == 1 && again.Error.Contains("never overwritten", StringComparison.Ordinal), $"{again}");

        Assert.Equal(words, Words(await ShowAsync(Key, "--passphrase-file", Passphrase)));
    }

    [Fact]
    public async Task A_key_opens_unattended_with_a_descriptor_and_a_restored_copy_is_the_same_key()
    {
        string words = await MakeAsync();
        string copy = _folder.Of("backup.key");
        File.Copy(Key, copy);
        File.Delete(Key);
        File.Copy(copy, Key);
        File.SetUnixFileMode(Key, Owner);

        string show = $"exec '{Cli.Program}' key show '{Key}' --json";
        Ran shown = await Cli.ShellAsync($"{show} --passphrase-fd 3 3< '{Passphrase}'");
        Assert.Equal(words, Words(shown));
        Ran closed = await Cli.ShellAsync($"{show} --passphrase-fd 77");
        Assert.True(closed.Code == 1 && closed.Error.Contains("descriptor 77", StringComparison.Ordinal), $"{closed}");
    }

    /// <summary>The command line on OpenSSL's signer; verified on this machine by our own code.</summary>
    [FactThatNeeds("openssl")]
    [Trait("Tier", "full")]
    public async Task A_stream_that_the_platform_signed_is_verified_here()
    {
        await MakeAsync();
        string chain = _folder.Of("a.oar");
        string[] command =
            ["stream", "new", chain, "--key", Key, "--passphrase-file", Passphrase, "--signer", "platform"];
        using (NewestSystem system = new(Needs.Get("openssl")))
        {
            (int code, _, string errors) = system.Run(Cli.Program + ".dll", command);
            Assert.True(code == 0, errors);
        }

        Ran verified = await Cli.RunAsync("verify", chain, "--json");
        Assert.True(verified.Code == 0, $"{verified}");
        byte[] bytes = await File.ReadAllBytesAsync(chain);
        bytes[^5] ^= 1;
        await File.WriteAllBytesAsync(chain, bytes);
        Assert.Equal(1, (await Cli.RunAsync("verify", chain, "--json")).Code);
    }

    private async Task<string> MakeAsync()
    {
        Secret("passphrase", "correct horse");
        return Words(await Cli.RunAsync("key", "new", Key, "--passphrase-file", Passphrase, "--json"));
    }

    private string Secret(string name, string line)
    {
        File.WriteAllText(_folder.Of(name), line + "\n");
        File.SetUnixFileMode(_folder.Of(name), Owner);
        return _folder.Of(name);
    }

    private static Task<Ran> ShowAsync(string file, params string[] options) =>
        Cli.RunAsync(["key", "show", file, "--json", .. options]);

    private static async Task RefusedAsync(string sentence, string file, params string[] options)
    {
        Ran refused = await ShowAsync(file, options);
        Assert.True(refused.Code == 1 && refused.Out.Length == 0, $"{refused}");
        Assert.Contains(sentence, refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Error, StringComparison.Ordinal);
    }

    private static string Words(Ran ran)
    {
        Assert.True(ran.Code == 0, $"{ran}");
        using JsonDocument document = JsonDocument.Parse(ran.Out);
        return document.RootElement.GetProperty("words").GetString()!;
    }
}
