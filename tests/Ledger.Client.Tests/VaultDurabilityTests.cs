using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Client.Tests;

/// <summary>The vault against disks that are full, break, or lose power.</summary>
public sealed class VaultDurabilityTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task A_commitment_opens_after_the_power_was_cut() =>
        Assert.Equal(VaultFinding.Opens, await AfterPowerCutAsync(new ScriptedDisk()));

    /// <summary>The switch that shows that the test above sees anything.</summary>
    [Fact]
    public async Task Without_syncs_a_commitment_does_not_open_after_the_power_was_cut() =>
        Assert.NotEqual(VaultFinding.Opens, await AfterPowerCutAsync(new ScriptedDisk { Syncs = false }));

    [Fact]
    public async Task Many_contents_kept_at_once_share_syncs_of_keys_and_folder()
    {
        ScriptedDisk disk = new();
        Vault vault = On(disk);
        await vault.CommitAsync("the first"u8.ToArray());
        int syncs = 0;
        int renamed = 0;
        disk.Refuse = (name, path) =>
        {
            Interlocked.Add(ref renamed, name == "replace" ? 1 : 0);
            if (name == "sync" && path.EndsWith("keys", StringComparison.Ordinal) && ++syncs == 1)
            {
                // The first sync takes so long that all the others come meanwhile.
                SpinWait.SpinUntil(() => Volatile.Read(ref renamed) >= 50, TimeSpan.FromSeconds(30));
            }

            return null;
        };
        Commitment[] kept = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => vault.CommitAsync(BitConverter.GetBytes(i))));
        Assert.All(kept, commitment =>
        {
            string path = Path.Combine(vault.Folder, "contents", commitment.Hash.ToString());
            Assert.Equal(new FileInfo(path).Length, disk.DurableBytes(path));
            Assert.Equal(VaultFinding.Opens, vault.Check(commitment.Hash, out _));
        });
        Assert.InRange(syncs, 1, 25);
    }

    [Fact]
    public async Task Many_pseudonyms_made_at_once_share_syncs_and_are_all_durable()
    {
        ScriptedDisk disk = new();
        Vault vault = On(disk);
        await vault.CommitAsync("the first"u8.ToArray());
        string[] pseudonyms = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(i => Task.Run(() => vault.PseudonymAsync($"person {i / 2}"))));
        Assert.Equal(32, pseudonyms.Distinct().Count());
        disk.CutPower();
        Vault again = On(new ScriptedDisk());
        Assert.All(Enumerable.Range(0, 64), i => Assert.Equal($"person {i / 2}", again.Reveal(pseudonyms[i])));
    }

    [Theory]
    [InlineData("create", ".part", 0)]
    [InlineData("write", ".part", 0)]
    [InlineData("write", ".part", 7)]
    [InlineData("sync", ".part", 0)]
    [InlineData("replace", "", 0)]
    [InlineData("write", "keys", 0)]
    [InlineData("write", "keys", 40)]
    [InlineData("sync-folder", "contents", 0)]
    public async Task A_full_disk_refuses_a_content_leaves_nothing_half_written_and_the_next_is_kept(
        string call, string file, int tornBytes)
    {
        ScriptedDisk disk = new() { TornBytes = tornBytes };
        Vault vault = On(disk);
        Commitment first = await vault.CommitAsync("the first"u8.ToArray());
        string keys = Path.Combine(vault.Folder, "keys");
        long length = new FileInfo(keys).Length;
        disk.Refuse = (name, path) =>
            name == call && path.EndsWith(file, StringComparison.Ordinal) ? ScriptedDisk.Full : null;
        VaultException refused =
            await Assert.ThrowsAsync<VaultException>(() => vault.CommitAsync("the second"u8.ToArray()));
        Assert.Contains("No space left", refused.Message);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.part", SearchOption.AllDirectories));
        Assert.Equal(0, (new FileInfo(keys).Length - length) % 93);

        disk.Refuse = (_, _) => null;
        Commitment third = await vault.CommitAsync("the third"u8.ToArray());
        Assert.Equal(VaultFinding.Opens, vault.Check(first.Hash, out _));
        Assert.Equal(VaultFinding.Opens, On(disk).Check(third.Hash, out _));
    }

    [Fact]
    public async Task After_a_failed_sync_of_the_keys_nothing_more_is_kept_until_a_new_start()
    {
        ScriptedDisk disk = new();
        Vault vault = On(disk);
        await vault.CommitAsync("the first"u8.ToArray());
        disk.Refuse = (name, path) => name == "sync" && path.EndsWith("keys", StringComparison.Ordinal)
            ? new IOException("Input/output error.") : null;
        await Assert.ThrowsAsync<VaultException>(() => vault.CommitAsync("the second"u8.ToArray()));
        disk.Refuse = (_, _) => null;
        await Assert.ThrowsAsync<VaultException>(() => vault.CommitAsync("the third"u8.ToArray()));
        await On(disk).CommitAsync("the fourth"u8.ToArray());
    }

    [Fact]
    public async Task Part_of_an_entry_that_a_crash_left_is_cut_off()
    {
        Vault vault = On(new ScriptedDisk());
        Commitment first = await vault.CommitAsync("the first"u8.ToArray());
        using (FileStream keys = new(Path.Combine(vault.Folder, "keys"), FileMode.Append))
        {
            keys.Write(new byte[50]);
        }

        Vault again = On(new ScriptedDisk());
        Commitment second = await again.CommitAsync("the second"u8.ToArray());
        Assert.Equal(VaultFinding.Opens, again.Check(first.Hash, out _));
        Assert.Equal(VaultFinding.Opens, again.Check(second.Hash, out _));
        Assert.Equal(12 + (2 * 93), new FileInfo(Path.Combine(vault.Folder, "keys")).Length);
    }

    private Vault On(ScriptedDisk disk) =>
        Vault.Beside(_folder.Of("a.oar"), new StreamId(_key.Id.Value), _key, disk);

    private async Task<VaultFinding> AfterPowerCutAsync(ScriptedDisk disk)
    {
        Commitment commitment = await On(disk).CommitAsync("the content"u8.ToArray());
        disk.CutPower();
        try
        {
            return On(new ScriptedDisk()).Check(commitment.Hash, out _);
        }
        catch (VaultException)
        {
            return VaultFinding.Missing;
        }
    }
}
