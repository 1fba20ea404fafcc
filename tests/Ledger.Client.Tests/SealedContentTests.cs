using System.Security.Cryptography;
using Ledger.Client.Tests.TestKit;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Client.Tests;

/// <summary>The file of one content: whatever is changed in it opens nothing.</summary>
public sealed class SealedContentTests : IDisposable
{
    private const int Piece = 65_536;
    private const int Header = 12;
    private const int Tag = 16;

    private readonly TempFolder _folder = new();
    private readonly SigningKey _key = Keys.Of("alice");
    private readonly Vault _vault;

    public SealedContentTests() => _vault = Vault.Beside(_folder.Of("a.oar"), new StreamId(_key.Id.Value), _key);

    public void Dispose()
    {
        _folder.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Piece - Commitment.SaltBytes - 1)]
    [InlineData(Piece - Commitment.SaltBytes)]
    [InlineData(Piece - Commitment.SaltBytes + 1)]
    [InlineData((2 * Piece) - Commitment.SaltBytes)]
    [InlineData(200_000)]
    public async Task A_content_of_any_length_opens_whether_it_came_whole_or_as_a_stream(int length)
    {
        byte[] content = RandomNumberGenerator.GetBytes(length);
        Commitment whole = await _vault.CommitAsync(content);
        Commitment streamed = await _vault.CommitAsync(new MemoryStream(content));
        foreach (Commitment commitment in new[] { whole, streamed })
        {
            Assert.True(_vault.TryOpen(commitment.Hash, out byte[] salt, out byte[] opened));
            Assert.Equal(content, opened);
            Assert.True(commitment.Opens(salt, opened));
            int pieces = Math.Max(1, (length + Commitment.SaltBytes + Piece - 1) / Piece);
            Assert.Equal(
                Header + Commitment.SaltBytes + length + (pieces * Tag), new FileInfo(PathOf(commitment.Hash)).Length);
        }
    }

    [Fact]
    public async Task A_content_that_was_changed_anywhere_opens_nothing()
    {
        byte[] content = RandomNumberGenerator.GetBytes((3 * Piece) - Commitment.SaltBytes - 100);
        Digest commitment = (await _vault.CommitAsync(content)).Hash;
        byte[] file = await File.ReadAllBytesAsync(PathOf(commitment));
        Assert.Equal(VaultFinding.Opens, _vault.Check(commitment, out _));
        int sealedPiece = Piece + Tag;
        byte[] Without(int first, int count) => [.. file[..first], .. file[(first + count)..]];
        byte[] Flipped(int at) => [.. file[..at], (byte)(file[at] ^ 1), .. file[(at + 1)..]];
        byte[][] broken =
        [
            .. new[] { 0, Header - 1, Header, Header + 40, Header + sealedPiece, file.Length - 1 }.Select(Flipped),
            Without(Header, sealedPiece),
            Without(Header + sealedPiece, sealedPiece),
            file[..(Header + (2 * sealedPiece))],
            file[..(Header + sealedPiece)],
            file[..Header],
            [],
            [.. file, 0],
            [
                .. file[..Header], .. file[(Header + sealedPiece)..(Header + (2 * sealedPiece))],
                .. file[Header..(Header + sealedPiece)], .. file[(Header + (2 * sealedPiece))..],
            ],
        ];
        foreach (byte[] bytes in broken)
        {
            await File.WriteAllBytesAsync(PathOf(commitment), bytes);
            Assert.Equal(VaultFinding.Damaged, _vault.Check(commitment, out _));
            Assert.False(_vault.TryOpen(commitment, out _, out _));
        }

        File.Delete(PathOf(commitment));
        Assert.Equal(VaultFinding.Damaged, _vault.Check(commitment, out _));
        await File.WriteAllBytesAsync(PathOf(commitment), file);
        Assert.Equal(VaultFinding.Opens, _vault.Check(commitment, out _));
    }

    [Fact]
    public async Task A_content_under_the_name_of_another_opens_nothing()
    {
        Digest first = (await _vault.CommitAsync("one"u8.ToArray())).Hash;
        Digest second = (await _vault.CommitAsync("two"u8.ToArray())).Hash;
        Assert.True(_vault.TryOpen(second, out _, out _));
        File.Copy(PathOf(first), PathOf(second), overwrite: true);
        Assert.Equal(VaultFinding.Damaged, _vault.Check(second, out _));
    }

    [Fact]
    public async Task An_entry_of_the_table_of_keys_counts_for_its_own_content_alone()
    {
        Digest first = (await _vault.CommitAsync("one"u8.ToArray())).Hash;
        Digest second = (await _vault.CommitAsync("two"u8.ToArray())).Hash;
        string path = Path.Combine(_vault.Folder, "keys");
        byte[] keys = await File.ReadAllBytesAsync(path);
        Assert.Equal(Header + (2 * 93), keys.Length);
        first.Span.CopyTo(keys.AsSpan(Header + 93 + 1));
        second.Span.CopyTo(keys.AsSpan(Header + 1));
        await File.WriteAllBytesAsync(path, keys);
        Assert.Equal(VaultFinding.Missing, _vault.Check(first, out _));
        Assert.Equal(VaultFinding.Missing, _vault.Check(second, out _));
    }

    [Fact]
    public async Task A_key_file_that_was_changed_anywhere_opens_nothing()
    {
        Digest kept = (await _vault.CommitAsync("one"u8.ToArray())).Hash;
        string path = Path.Combine(_vault.Folder, "key");
        byte[] file = await File.ReadAllBytesAsync(path);
        Vault Again() => Vault.Beside(_folder.Of("a.oar"), new StreamId(_key.Id.Value), _key);
        Assert.Equal(VaultFinding.Opens, Again().Check(kept, out _));
        for (int bit = 0; bit < 8 * file.Length; bit++)
        {
            byte[] flipped = [.. file];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            await File.WriteAllBytesAsync(path, flipped);
            Assert.Throws<VaultException>(() => Again().Check(kept, out _));
        }

        for (int length = 0; length < file.Length; length++)
        {
            await File.WriteAllBytesAsync(path, file[..length]);
            Assert.Throws<VaultException>(() => Again().Check(kept, out _));
        }
    }

    [Fact]
    public async Task A_large_content_takes_no_more_memory_than_a_small_one()
    {
        const long Size = 64L << 20;
        Zeros zeros = new(Size);
        Commitment commitment = await _vault.CommitAsync(zeros);
        Assert.InRange(zeros.Allocated, 0, 1 << 20);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(VaultFinding.Opens, _vault.Check(commitment.Hash, out ulong bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal((ulong)Size, bytes);
    }

    private string PathOf(Digest commitment) => Path.Combine(_vault.Folder, "contents", commitment.ToString());

    /// <summary>So many zero bytes, of which none is kept.</summary>
    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;
        private long _before = -1;

        /// <summary>Bytes that the reading thread allocated from the first read to the last.</summary>
        public long Allocated { get; private set; } = -1;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            long now = GC.GetAllocatedBytesForCurrentThread();
            _before = _before < 0 ? now : _before;
            Allocated = now - _before;
            int read = (int)Math.Min(count, _left);
            buffer.AsSpan(offset, read).Clear();
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
