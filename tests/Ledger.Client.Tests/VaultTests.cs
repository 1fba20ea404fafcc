using System.Security.Cryptography;
using System.Text;
using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client.Tests;

public sealed class VaultTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task A_commitment_opens_with_what_the_vault_kept_and_with_nothing_else()
    {
        Vault vault = Beside("a.oar");
        Commitment commitment = await vault.CommitAsync("the content"u8.ToArray(), "text/plain");
        Assert.True(Beside("a.oar").TryOpen(commitment.Hash, out byte[] salt, out byte[] content));
        Assert.Equal("the content", Encoding.UTF8.GetString(content));
        Assert.True(commitment.Opens(salt, content));
        Assert.False(commitment.Opens(salt, "the contents"u8));
        Assert.False(commitment.Opens(RandomNumberGenerator.GetBytes(32), content));
        Assert.Equal(("text/plain", 11UL), (commitment.Type, commitment.Size));
        Assert.Equal(VaultFinding.Opens, vault.Check(commitment.Hash, out ulong bytes));
        Assert.Equal(11UL, bytes);
    }

    [Fact]
    public async Task Nothing_on_the_disk_shows_a_content_a_salt_or_a_name()
    {
        Vault vault = Beside("a.oar");
        Commitment commitment = await vault.CommitAsync("the content of the act"u8.ToArray());
        await vault.PseudonymAsync("Anna Beispiel");
        await vault.CommitPartAsync(ModelPart.Prompt, "the prompt of the model"u8.ToArray());
        Assert.True(vault.TryOpen(commitment.Hash, out byte[] salt, out _));
        string[] files = Directory.GetFiles(vault.Folder, "*", SearchOption.AllDirectories);
        Assert.Equal(6, files.Length);
        byte[][] secrets = ["the content"u8.ToArray(), "Anna"u8.ToArray(), "the prompt"u8.ToArray(), salt];

        // The search itself finds what lies in clear.
        byte[] clear = [.. salt, .. "the content, the prompt, Anna"u8];
        Assert.All(secrets, secret => Assert.NotEqual(-1, clear.AsSpan().IndexOf(secret)));
        foreach (string path in files)
        {
            byte[] file = await File.ReadAllBytesAsync(path);
            Assert.All(secrets, secret => Assert.Equal(-1, file.AsSpan().IndexOf(secret)));
            if (!OperatingSystem.IsWindows() && !path.EndsWith(".lock", StringComparison.Ordinal))
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(vault.Folder));
        }
    }

    [Fact]
    public async Task Another_key_opens_nothing_until_it_is_granted()
    {
        Vault vault = Beside("a.oar");
        Commitment commitment = await vault.CommitAsync("the content"u8.ToArray());
        using SigningKey other = Keys.Of("bob");
        VaultException refused = Assert.Throws<VaultException>(
            () => Beside("a.oar", other).TryOpen(commitment.Hash, out _, out _));
        Assert.Contains("does not open the vault", refused.Message);
        await Assert.ThrowsAsync<VaultException>(() => Beside("a.oar", other).CommitAsync("more"u8.ToArray()));

        vault.Grant(other);
        Assert.True(Beside("a.oar", other).TryOpen(commitment.Hash, out _, out _));
        Assert.True(Beside("a.oar").TryOpen(commitment.Hash, out _, out _));
    }

    [Fact]
    public async Task A_passphrase_that_was_granted_opens_the_vault_and_another_does_not()
    {
        Vault vault = Beside("a.oar");
        Commitment commitment = await vault.CommitAsync("the content"u8.ToArray());
        vault.Grant(Client.Vaults.VaultUnlock.With("a reader's passphrase"), rounds: 1_000);
        StreamId stream = new(_key.Id.Value);
        string chain = _folder.Of("a.oar");
        Assert.True(Vault.Beside(chain, stream, "a reader's passphrase").TryOpen(commitment.Hash, out _, out _));
        Assert.Throws<VaultException>(
            () => Vault.Beside(chain, stream, "another passphrase").TryOpen(commitment.Hash, out _, out _));
    }

    [Fact]
    public async Task A_vault_of_another_stream_is_not_opened()
    {
        await Beside("a.oar").CommitAsync("the content"u8.ToArray());
        StreamId other = new(Digest.Of("another"u8));
        Vault moved = Vault.Beside(_folder.Of("a.oar"), other, _key);
        Assert.Contains("another stream", Assert.Throws<VaultException>(() => moved.Check(default, out _)).Message);
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    public async Task A_vault_in_clear_of_an_earlier_form_is_refused_and_left_alone(string file)
    {
        Directory.CreateDirectory(_folder.Of("a.vault"));
        await File.WriteAllBytesAsync(Path.Combine(_folder.Of("a.vault"), file), new byte[32]);
        VaultException refused = await Assert.ThrowsAsync<VaultException>(
            () => Beside("a.oar").CommitAsync("the content"u8.ToArray()));
        Assert.Contains("earlier form", refused.Message);
        Assert.Single(Directory.GetFileSystemEntries(_folder.Of("a.vault")));
    }

    [Fact]
    public async Task Equal_contents_do_not_show_as_equal_and_equal_parts_of_a_model_do()
    {
        Vault vault = Beside("a.oar");
        byte[] content = "the same"u8.ToArray();
        Assert.NotEqual((await vault.CommitAsync(content)).Hash, (await vault.CommitAsync(content)).Hash);

        Digest part = await vault.CommitPartAsync(ModelPart.Prompt, content);
        Assert.Equal(part, await vault.CommitPartAsync(ModelPart.Prompt, content));
        Assert.Equal(part, await Beside("a.oar").CommitPartAsync(ModelPart.Prompt, content));
        Assert.NotEqual(part, await vault.CommitPartAsync(ModelPart.Filter, content));
        Assert.NotEqual(part, await vault.CommitPartAsync(ModelPart.Prompt, "another"u8.ToArray()));
        Assert.NotEqual(part, await Beside("b.oar").CommitPartAsync(ModelPart.Prompt, content));
        Assert.True(vault.TryOpen(part, out byte[] salt, out byte[] kept));
        Assert.Equal(part, Commitment.Of(salt, kept));
    }

    [Fact]
    public async Task Equal_parts_that_come_together_get_one_digest()
    {
        Vault[] vaults = [.. Enumerable.Range(0, 4).Select(_ => Beside("a.oar"))];
        Digest[] digests = await Task.WhenAll(Enumerable.Range(0, 32).Select(
            i => vaults[i % 4].CommitPartAsync(ModelPart.Prompt, "the same"u8.ToArray())));
        Assert.Single(digests.Distinct());
        Assert.True(vaults[0].TryOpen(digests[0], out _, out _));
    }

    [Fact]
    public async Task A_pseudonym_is_the_same_in_one_stream_and_another_in_the_next()
    {
        Vault vault = Beside("a.oar");
        string pseudonym = await vault.PseudonymAsync("Anna Beispiel");
        Assert.Matches("^p-[0-9a-f]{32}$", pseudonym);
        Assert.Equal(pseudonym, await vault.PseudonymAsync("Anna Beispiel"));
        Assert.Equal(pseudonym, await Beside("a.oar").PseudonymAsync("Anna Beispiel"));
        Assert.NotEqual(pseudonym, await vault.PseudonymAsync("Anna Beispie1"));
        Assert.NotEqual(pseudonym, await Beside("b.oar").PseudonymAsync("Anna Beispiel"));
        Assert.Equal("Anna Beispiel", Beside("a.oar").Reveal(pseudonym));
        Assert.Null(vault.Reveal("p-00000000000000000000000000000000"));
        Assert.Null(vault.Reveal("../secret"));
    }

    [Theory]
    [InlineData("key")]
    [InlineData("keys")]
    public async Task A_file_of_keys_that_is_lost_or_damaged_is_not_replaced_in_silence(string name)
    {
        string pseudonym = await Beside("a.oar").PseudonymAsync("Anna Beispiel");
        string path = Path.Combine(_folder.Of("a.vault"), name);
        byte[] kept = File.ReadAllBytes(path);
        File.Delete(path);
        await AssertRefusedAsync("missing");
        File.WriteAllBytes(path, kept[1..]);
        await AssertRefusedAsync("damaged");
        File.WriteAllBytes(path, kept);
        Assert.Equal(pseudonym, await Beside("a.oar").PseudonymAsync("Anna Beispiel"));
        Assert.Equal("Anna Beispiel", Beside("a.oar").Reveal(pseudonym));
    }

    private async Task AssertRefusedAsync(string reason)
    {
        VaultException refused =
            await Assert.ThrowsAsync<VaultException>(() => Beside("a.oar").PseudonymAsync("Anna"));
        Assert.Contains(reason, refused.Message);
    }

    [Fact]
    public async Task Vaults_that_begin_at_once_agree_on_one_key()
    {
        for (int i = 0; i < 50; i++)
        {
            string chain = $"{i}.oar";
            string[] pseudonyms = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(_ => Task.Run(() => Beside(chain).PseudonymAsync("Anna Beispiel"))));
            Assert.Single(pseudonyms.Distinct());
            Assert.Equal("Anna Beispiel", Beside(chain).Reveal(pseudonyms[0]));
        }

        Assert.Empty(Directory.GetFiles(_folder.Path, "*.part", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_content_beyond_the_limit_is_refused()
    {
        byte[] tooLong = new byte[Vault.ContentBytesMax + 1];
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Beside("a.oar").CommitAsync(tooLong));
        Assert.False(Directory.Exists(_folder.Of("a.vault")));
    }

    [Theory]
    [InlineData("a.oar", "a.vault")]
    [InlineData("a", "a.vault")]
    [InlineData("a.chain", "a.chain.vault")]
    public void The_vault_stands_beside_its_chain(string chain, string vault) =>
        Assert.Equal(_folder.Of(vault), Beside(chain).Folder);

    private Vault Beside(string chain, SigningKey? key = null) =>
        Vault.Beside(_folder.Of(chain), new StreamId(_key.Id.Value), key ?? _key);
}
