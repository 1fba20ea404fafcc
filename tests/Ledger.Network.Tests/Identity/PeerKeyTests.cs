using Ledger.Network.Identity;

namespace Ledger.Network.Tests.Identity;

public sealed class PeerKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger-peer-key-").FullName;

    [Fact]
    public void A_key_comes_back_from_its_file_which_is_the_owners_alone()
    {
        using PeerKey key = PeerKey.Generate();
        string path = Path.Combine(_folder, "peer.key");
        key.Save(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        // {1: 2, 2: 32 bytes}: what other stacks read as well.
        Assert.Equal("08021220", Convert.ToHexStringLower(File.ReadAllBytes(path).AsSpan(0, 4)));
        Assert.Equal(36, new FileInfo(path).Length);
        using PeerKey again = PeerKey.Load(path);
        Assert.Equal(key.Peer, again.Peer);
        Assert.Throws<PeerKeyException>(() => key.Save(path));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_key_that_others_may_read_or_write_is_refused(UnixFileMode others)
    {
        using PeerKey key = PeerKey.Generate();
        string path = Path.Combine(_folder, "peer.key");
        key.Save(path);
        PeerKey.Load(path).Dispose();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        PeerKeyException refused = Assert.Throws<PeerKeyException>(() => PeerKey.Load(path));
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("0801122000", "another type")]
    [InlineData("080212200000000000000000000000000000000000000000000000000000000000000000", "zero")]
    [InlineData("08021220fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "the order")]
    [InlineData("0802122000000000000000000000000000000000000000000000000000000000000000010", "odd")]
    public void What_is_no_key_is_refused(string hex, string why)
    {
        byte[] one = new byte[36];
        Convert.FromHexString("08021220").CopyTo(one, 0);
        one[^1] = 1;
        Assert.True(PeerKey.TryDecode(one, out PeerKey? key));
        key.Dispose();
        byte[] bytes = Convert.FromHexString(hex.Length % 2 == 0 ? hex : hex + "0");
        Assert.False(PeerKey.TryDecode(bytes, out _), why);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
