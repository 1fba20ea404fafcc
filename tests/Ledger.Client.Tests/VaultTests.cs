using System.Security.Cryptography;
using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client.Tests;

public sealed class VaultTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_commitment_opens_with_what_the_vault_kept_and_with_nothing_else()
    {
        Vault vault = Beside("a.oar");
        Commitment commitment = await vault.CommitAsync("the content"u8.ToArray(), "text/plain");
        Assert.True(vault.TryOpen(commitment.Hash, out byte[] salt, out byte[] content));
        Assert.True(commitment.Opens(salt, content));
        Assert.False(commitment.Opens(salt, "the contents"u8));
        Assert.False(commitment.Opens(RandomNumberGenerator.GetBytes(32), content));
        Assert.Equal(("text/plain", 11UL), (commitment.Type, commitment.Size));
    }

    [Fact]
    public async Task A_file_of_the_vault_is_called_by_the_digest_of_its_bytes()
    {
        Vault vault = Beside("a.oar");
        Commitment commitment = await vault.CommitAsync("the content"u8.ToArray());
        string path = Path.Combine(vault.Folder, commitment.Hash.ToString());
        byte[] file = await File.ReadAllBytesAsync(path);
        Assert.Equal(Digest.Of(file), commitment.Hash);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(vault.Folder));
        }
    }

    [Fact]
    public async Task A_content_that_was_changed_or_destroyed_opens_nothing()
    {
        Vault vault = Beside("a.oar");
        Commitment commitment = await vault.CommitAsync("the content"u8.ToArray());
        string path = Path.Combine(vault.Folder, commitment.Hash.ToString());
        byte[] file = await File.ReadAllBytesAsync(path);
        file[^1] ^= 1;
        await File.WriteAllBytesAsync(path, file);
        Assert.False(vault.TryOpen(commitment.Hash, out _, out _));
        File.Delete(path);
        Assert.False(vault.TryOpen(commitment.Hash, out _, out _));
    }

    [Fact]
    public async Task Equal_contents_do_not_show_as_equal_and_equal_parts_of_a_model_do()
    {
        Vault vault = Beside("a.oar");
        byte[] content = "the same"u8.ToArray();
        Assert.NotEqual((await vault.CommitAsync(content)).Hash, (await vault.CommitAsync(content)).Hash);

        Digest part = await vault.CommitPartAsync(ModelPart.Prompt, content);
        Assert.Equal(part, await Beside("a.oar").CommitPartAsync(ModelPart.Prompt, content));
        Assert.NotEqual(part, await vault.CommitPartAsync(ModelPart.Filter, content));
        Assert.NotEqual(part, await vault.CommitPartAsync(ModelPart.Prompt, "another"u8.ToArray()));
        Assert.NotEqual(part, await Beside("b.oar").CommitPartAsync(ModelPart.Prompt, content));
        Assert.True(vault.TryOpen(part, out byte[] salt, out byte[] kept));
        Assert.Equal(part, Commitment.Of(salt, kept));
    }

    [Fact]
    public void A_pseudonym_is_the_same_in_one_stream_and_another_in_the_next()
    {
        Vault vault = Beside("a.oar");
        string pseudonym = vault.Pseudonym("Anna Beispiel");
        Assert.Matches("^p-[0-9a-f]{32}$", pseudonym);
        Assert.Equal(pseudonym, vault.Pseudonym("Anna Beispiel"));
        Assert.Equal(pseudonym, Beside("a.oar").Pseudonym("Anna Beispiel"));
        Assert.NotEqual(pseudonym, vault.Pseudonym("Anna Beispie1"));
        Assert.NotEqual(pseudonym, Beside("b.oar").Pseudonym("Anna Beispiel"));
        Assert.Equal("Anna Beispiel", Beside("a.oar").Reveal(pseudonym));
        Assert.Null(vault.Reveal("p-00000000000000000000000000000000"));
        Assert.Null(vault.Reveal("../secret"));
    }

    [Fact]
    public void A_lost_or_damaged_secret_is_not_replaced_in_silence()
    {
        Vault vault = Beside("a.oar");
        string pseudonym = vault.Pseudonym("Anna Beispiel");
        string secret = Path.Combine(vault.Folder, "secret");
        byte[] kept = File.ReadAllBytes(secret);
        File.Delete(secret);
        Assert.Contains("missing", Assert.Throws<VaultException>(() => Beside("a.oar").Pseudonym("Anna")).Message);
        File.WriteAllBytes(secret, kept[1..]);
        Assert.Contains("damaged", Assert.Throws<VaultException>(() => Beside("a.oar").Pseudonym("Anna")).Message);
        File.WriteAllBytes(secret, kept);
        Assert.Equal(pseudonym, Beside("a.oar").Pseudonym("Anna Beispiel"));
    }

    [Fact]
    public async Task Vaults_that_begin_at_once_agree_on_one_secret()
    {
        string[] pseudonyms = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => Beside("a.oar").Pseudonym("Anna Beispiel"))));
        Assert.Single(pseudonyms.Distinct());
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.part", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Many_contents_kept_at_once_share_syncs_of_their_folder()
    {
        ScriptedDisk disk = new();
        Vault vault = Vault.Beside(_folder.Of("a.oar"), disk);
        Commitment[] kept = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => vault.CommitAsync(BitConverter.GetBytes(i))));
        Assert.All(kept, commitment =>
        {
            string path = Path.Combine(vault.Folder, commitment.Hash.ToString());
            Assert.Equal(new FileInfo(path).Length, disk.DurableBytes(path));
        });
        Assert.Equal(50, disk.Calls.Count(call => call.StartsWith("sync ", StringComparison.Ordinal)));
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

    private Vault Beside(string chain) => Vault.Beside(_folder.Of(chain));
}
