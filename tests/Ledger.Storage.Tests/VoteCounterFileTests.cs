using Ledger.Runtime.Ports;

namespace Ledger.Storage.Tests;

public sealed class VoteCounterFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Counter => System.IO.Path.Combine(_folder.Path, "outside", "alpha.votes");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_number_that_was_written_is_there_after_the_file_is_opened_again()
    {
        using (var counter = VoteCounterFile.Open(Counter))
        {
            Assert.Equal(0ul, counter.Read());
            for (ulong number = 1; number <= 5; number++)
            {
                counter.Write(number);
            }
        }

        using var again = VoteCounterFile.Open(Counter);
        Assert.Equal(5ul, again.Read());
        again.Write(6);
        Assert.Equal(6ul, again.Read());
    }

    [Fact]
    public void Two_processes_never_count_in_one_file()
    {
        using var counter = VoteCounterFile.Open(Counter);

        StoreInUseException error = Assert.Throws<StoreInUseException>(() => VoteCounterFile.Open(Counter));

        Assert.Contains("Never run one validator twice", error.Message);
    }

    /// <summary>One torn entry leaves the other, which is at most one write older; two are damage.</summary>
    [Fact]
    public void A_torn_entry_leaves_the_one_before_and_two_are_damage()
    {
        using (var counter = VoteCounterFile.Open(Counter))
        {
            counter.Write(7);
            counter.Write(8);
        }

        byte[] bytes = File.ReadAllBytes(Counter);
        int[] slots = [4096, 8192];
        Damage(bytes, slots[0]);
        using (var counter = VoteCounterFile.Open(Counter))
        {
            Assert.InRange(counter.Read(), 7ul, 8ul);
        }

        Damage(bytes, slots[1]);
        StoreCorruptException error = Assert.Throws<StoreCorruptException>(() => VoteCounterFile.Open(Counter));
        Assert.Contains("alpha.votes", error.Message);
    }

    [Fact]
    public void Another_file_is_not_taken_for_a_counter()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Counter)!);
        File.WriteAllText(Counter, "the passphrase of something else");

        Assert.Throws<StoreCorruptException>(() => VoteCounterFile.Open(Counter));
        Assert.Equal("the passphrase of something else", File.ReadAllText(Counter));
    }

    private void Damage(byte[] bytes, int slot)
    {
        bytes[slot + 9] ^= 1;
        File.WriteAllBytes(Counter, bytes);
    }
}
