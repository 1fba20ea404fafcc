using Ledger.Client.Files;
using Ledger.Client.Tests.TestKit;
using Ledger.Crypto;

namespace Ledger.Client.Tests;

public sealed class KeyStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Key => _folder.Of("a.key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_key_that_was_made_is_the_one_that_is_opened()
    {
        using SigningKey made = Make("correct horse");
        using SigningKey opened = KeyStore.Open(Key, () => "correct horse");
        Assert.Equal(made.Id, opened.Id);
        Assert.Equal((made.Id, true), KeyStore.Identify(Key));
    }

    [Fact]
    public void A_key_kept_in_clear_asks_for_no_passphrase()
    {
        using SigningKey made = KeyStore.Create(Key, "");
        using SigningKey opened = KeyStore.Open(Key, () => throw new InvalidOperationException("It was asked."));
        Assert.Equal(made.Id, opened.Id);
        Assert.Equal((made.Id, false), KeyStore.Identify(Key));
    }

    [Fact]
    public void Only_its_owner_may_read_a_key_file()
    {
        Make("").Dispose();
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Key));
        UnixFileMode[] tooMuch = [UnixFileMode.GroupRead, UnixFileMode.OtherRead, UnixFileMode.OtherWrite];
        foreach (UnixFileMode others in tooMuch)
        {
            File.SetUnixFileMode(Key, UnixFileMode.UserRead | others);
            KeyStoreException refused = Refused(() => KeyStore.Open(Key, () => ""));
            Assert.Equal(KeyStoreError.Permissions, refused.Error);
            Assert.Contains($"chmod 600 {Key}", refused.Message);
        }

        File.SetUnixFileMode(Key, UnixFileMode.UserRead);
        KeyStore.Open(Key, () => "").Dispose();
    }

    [Fact]
    public void A_key_is_never_overwritten()
    {
        using SigningKey made = Make("");
        Assert.Equal(KeyStoreError.Exists, Refused(() => Make("")).Error);
        using SigningKey opened = KeyStore.Open(Key, () => "");
        Assert.Equal(made.Id, opened.Id);
    }

    [Fact]
    public void Each_failure_is_told_apart()
    {
        Assert.Equal(KeyStoreError.Missing, Refused(() => KeyStore.Open(Key, () => "")).Error);
        Assert.Equal(KeyStoreError.Missing, Refused(() => KeyStore.Open(_folder.Of("no/a.key"), () => "")).Error);
        Make("correct horse").Dispose();
        Assert.Equal(KeyStoreError.PassphraseWrong, Refused(() => KeyStore.Open(Key, () => "wrong horse")).Error);
        Assert.Equal(KeyStoreError.PassphraseMissing, Refused(() => KeyStore.Open(Key, () => "")).Error);
        string text = File.ReadAllText(Key);
        File.WriteAllText(Key, text.Replace("\"check\": \"", "\"check\": \"0", StringComparison.Ordinal));
        Assert.Equal(KeyStoreError.Damaged, Refused(() => KeyStore.Open(Key, () => "correct horse")).Error);
        File.WriteAllText(Key, text.Replace("ML-DSA-65", "ML-DSA-99", StringComparison.Ordinal));
        Assert.Equal(KeyStoreError.Unsupported, Refused(() => KeyStore.Open(Key, () => "correct horse")).Error);
        File.WriteAllText(Key, new string('x', 100_000));
        Assert.Equal(KeyStoreError.Damaged, Refused(() => KeyStore.Identify(Key)).Error);
        File.WriteAllText(Key, text);
        KeyStore.Open(Key, () => "correct horse").Dispose();
    }

    [Theory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("sync")]
    [InlineData("sync-folder")]
    public void A_key_that_cannot_be_kept_is_not_made(string call)
    {
        ScriptedDisk disk = new() { Refuse = (name, _) => name == call ? ScriptedDisk.Full : null, TornBytes = 10 };
        Assert.Equal(KeyStoreError.Disk, Refused(() => Make("", disk)).Error);
        Assert.False(File.Exists(Key));
    }

    [Fact]
    public void A_key_is_on_the_disk_before_it_is_used()
    {
        ScriptedDisk disk = new();
        Make("", disk).Dispose();
        Assert.Equal(new FileInfo(Key).Length, disk.DurableBytes(Key));
    }

    [Fact]
    public void A_passphrase_is_the_first_line_of_a_file_a_descriptor_or_a_variable()
    {
        string file = _folder.Of("passphrase");
        WriteSecret(file, "correct horse\nsecond line\n");
        Assert.Equal("correct horse", Passphrase.FromFile(file));
        using (FileStream open = File.OpenRead(file))
        {
            Assert.Equal("correct horse", Passphrase.FromDescriptor((int)open.SafeFileHandle.DangerousGetHandle()));
        }

        Environment.SetEnvironmentVariable("LEDGER_TEST_PASSPHRASE", "correct horse");
        Assert.Equal("correct horse", Passphrase.FromEnvironment("LEDGER_TEST_PASSPHRASE"));
    }

    [Fact]
    public void An_empty_passphrase_is_never_taken_for_one()
    {
        string file = _folder.Of("passphrase");
        foreach (string content in new[] { "", "\n", "\nlater\n", new string('x', 5_000) })
        {
            WriteSecret(file, content);
            Assert.Equal(KeyStoreError.PassphraseMissing, Refused(() => Passphrase.FromFile(file)).Error);
        }

        KeyStoreException[] none =
        [
            Refused(() => Passphrase.FromFile(_folder.Of("none"))),
            Refused(() => Passphrase.FromDescriptor(987)),
            Refused(() => Passphrase.FromEnvironment("LEDGER_NO_SUCH")),
        ];
        Assert.All(none, refused => Assert.Equal(KeyStoreError.PassphraseMissing, refused.Error));
    }

    [Fact]
    public void A_passphrase_that_others_may_read_is_not_used()
    {
        string file = _folder.Of("passphrase");
        WriteSecret(file, "correct horse\n");
        Assert.Equal("correct horse", Passphrase.FromFile(file));
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (UnixFileMode others in new[] { UnixFileMode.GroupRead, UnixFileMode.OtherRead })
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | others);
            KeyStoreException refused = Refused(() => Passphrase.FromFile(file));
            Assert.Equal(KeyStoreError.Permissions, refused.Error);
            Assert.Contains($"chmod 600 {file}", refused.Message);
        }
    }

    [Fact]
    public void A_signer_that_this_system_lacks_is_refused_before_anything_is_made_or_asked()
    {
        using SigningKey made = Make("correct horse");
        using (SigningKey opened = KeyStore.Open(Key, () => "correct horse", SignatureProvider.Managed))
        {
            Assert.Equal(SignatureProvider.Managed, opened.Provider);
        }

        if (SignatureProviders.IsPlatformSupported)
        {
            using SigningKey opened = KeyStore.Open(Key, () => "correct horse", SignatureProvider.Platform);
            Assert.Equal((made.Id, SignatureProvider.Platform), (opened.Id, opened.Provider));
            return;
        }

        KeyStoreException refused = Refused(() => KeyStore.Open(
            Key, () => throw new InvalidOperationException("It was asked."), SignatureProvider.Platform));
        Assert.Equal(KeyStoreError.Signer, refused.Error);
        Assert.Contains("OpenSSL 3.5", refused.Message);
        string other = _folder.Of("b.key");
        Assert.Equal(
            KeyStoreError.Signer, Refused(() => KeyStore.Create(other, "", SignatureProvider.Platform)).Error);
        Assert.False(File.Exists(other));
    }

    private static void WriteSecret(string path, string content)
    {
        File.WriteAllText(path, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private SigningKey Make(string passphrase, Disk? disk = null) =>
        KeyStore.Create(Key, passphrase, KeyFile.IterationsMin, disk ?? Disk.Real);

    private static KeyStoreException Refused(Func<object?> action) => Assert.Throws<KeyStoreException>(action);
}
