using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Runtime.Intake;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests.Intake;

/// <summary>In which order what waits goes into a block, and how much of the pool one may hold.</summary>
public sealed class TurnOrderTests
{
    private readonly List<List<PendingRecord>> _streams = [];
    private ulong _arrivals;

    [Fact]
    public void One_who_floods_does_not_keep_others_waiting()
    {
        Wait("big", streams: 1, each: 500);
        Wait("big", streams: 1, each: 1);
        Wait("small", streams: 1, each: 1);
        List<PendingRecord> order = [.. Order(height: 1)];
        Assert.Equal(502, order.Distinct().Count());
        Assert.InRange(order.FindIndex(pending => pending.Sponsor == "small"), 0, 1);
        Assert.InRange(order.IndexOf(_streams[1][0]), 0, 3);

        // In the order of acknowledgement, the way it would be without turns, both are last.
        Assert.Equal(_streams[2][0], order.OrderBy(pending => pending.Arrival).Last());
    }

    [Fact]
    public void Each_height_begins_with_another_sponsor()
    {
        string[] names = ["a", "b", "c"];
        foreach (string name in names)
        {
            Wait(name, streams: 1, each: 2);
        }

        Assert.Equal(names, Enumerable.Range(3, 3).Select(height => Order((ulong)height).First().Sponsor).Order());
    }

    [Fact]
    public void What_a_recovery_key_signed_goes_first_and_so_does_what_it_stands_on()
    {
        Wait("big", streams: 3, each: 20);
        Wait("owner", streams: 1, each: 5, byRecovery: 2);
        Assert.Equal(_streams[3][..3], Order(height: 7).Take(3));
        Assert.Equal(65, Order(height: 7).Distinct().Count());
    }

    [Fact]
    public void A_stream_keeps_its_order()
    {
        Wait("a", streams: 4, each: 7);
        Wait("b", streams: 2, each: 9, byRecovery: 4);
        for (ulong height = 1; height < 5; height++)
        {
            List<PendingRecord> order = [.. Order(height)];
            Assert.All(_streams, stream => Assert.Equal(stream, order.Where(stream.Contains)));
        }
    }

    [Fact]
    public void Nothing_waits_and_nothing_comes() => Assert.Empty(Order(height: 1));

    [Fact]
    public void One_alone_holds_half_and_whoever_comes_later_finds_room()
    {
        PoolShares shares = new(recordsMax: 1_000, bytesMax: 1_000_000);
        int[] held = [.. Enumerable.Range(0, 6).Select(sponsor => Fill(shares, $"sponsor{sponsor}", bytes: 10))];
        Assert.Equal(500, held[0]);
        Assert.All(held, records => Assert.NotEqual(0, records));
        Assert.True(shares.Records <= 1_000);

        shares = new PoolShares(recordsMax: 1_000, bytesMax: 1_000_000);
        Assert.Equal(100, Fill(shares, "large", bytes: 5_000));
        Assert.True(shares.HasRoom("other", 5_000));
        Assert.False(shares.HasRoom("other", 1_000_000));

        shares.Remove("large", 5_000);
        Assert.True(shares.HasRoom("large", 5_000));
    }

    private static int Fill(PoolShares shares, string sponsor, int bytes)
    {
        int count = 0;
        for (; shares.HasRoom(sponsor, bytes); count++)
        {
            shares.Add(sponsor, bytes);
        }

        return count;
    }

    private IEnumerable<PendingRecord> Order(ulong height) => TurnOrder.Of(_streams, new Height(height));

    private void Wait(string sponsor, int streams, int each, int? byRecovery = null)
    {
        for (int stream = 0; stream < streams; stream++)
        {
            // What the records say is of no matter here: one and the same will do.
            VerifiedRecord record = Any.Value;
            _streams.Add([.. Enumerable.Range(0, each).Select(place =>
                new PendingRecord(_arrivals++, record, sponsor, place == byRecovery, default))]);
        }
    }

    private static readonly Lazy<VerifiedRecord> Any = new(() =>
    {
        Record genesis = new Operator(100).NextRecord();
        return VerifiedRecord.TryVerify(
            genesis, SigningKey.FromSeed(TestNetwork.Seed(100)).PublicKey.Span, out VerifiedRecord? verified, out _)
            ? verified
            : throw new InvalidOperationException("An operator sealed what does not verify.");
    });
}
