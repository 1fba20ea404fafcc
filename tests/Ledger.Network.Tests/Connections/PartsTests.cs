using System.Net;
using Ledger.Network.Connections;

namespace Ledger.Network.Tests.Connections;

/// <summary>The small parts that hold peers to their limits; time and chance are inputs.</summary>
public sealed class PartsTests
{
    [Fact]
    public void A_bucket_gives_its_burst_then_its_rate_and_never_more_debt_than_a_burst()
    {
        TokenBucket bucket = new(perSecond: 1_000, burst: 100);
        Assert.Equal(TimeSpan.Zero, bucket.Spend(100, 5_000));
        Assert.Equal(11, bucket.Spend(10, 5_000).TotalMilliseconds);
        Assert.Equal(TimeSpan.Zero, bucket.Spend(0, 5_010));
        Assert.Equal(101, bucket.Spend(1_000_000, 5_010).TotalMilliseconds);
        Assert.Equal(TimeSpan.Zero, bucket.Spend(100, 9_000));
        Assert.NotEqual(TimeSpan.Zero, bucket.Spend(1, 9_000));
    }

    [Fact]
    public void Waiting_doubles_up_to_a_minute_and_chance_spreads_it()
    {
        Assert.Equal(0.5, Backoff.Delay(1, 0).TotalSeconds);
        Assert.Equal(1, Backoff.Delay(1, 1).TotalSeconds);
        Assert.Equal(4, Backoff.Delay(3, 1).TotalSeconds);
        Assert.Equal(60, Backoff.Delay(7, 1).TotalSeconds);
        Assert.Equal(30, Backoff.Delay(int.MaxValue, 0).TotalSeconds);
    }

    [Fact]
    public void One_address_cannot_take_every_place()
    {
        HandshakeGate gate = new(max: 5, perAddressMax: 2);
        IPAddress one = IPAddress.Parse("2001:db8::1");
        IPAddress neighbour = IPAddress.Parse("2001:db8::2");
        Assert.True(gate.TryEnter(one));
        Assert.True(gate.TryEnter(neighbour));
        Assert.False(gate.TryEnter(IPAddress.Parse("2001:db8::3")));
        Assert.True(gate.TryEnter(IPAddress.Parse("192.0.2.1")));
        Assert.True(gate.TryEnter(IPAddress.Parse("192.0.2.2")));
        Assert.True(gate.TryEnter(IPAddress.Parse("192.0.2.3")));
        Assert.False(gate.TryEnter(IPAddress.Parse("192.0.2.4")));
        gate.Leave(one);
        Assert.True(gate.TryEnter(neighbour));
    }

    [Fact]
    public async Task Owned_tasks_swallow_bad_luck_and_bring_a_bug_to_light()
    {
        OwnedTasks tasks = new();
        Assert.True(tasks.TryRun(() => throw new NetworkException("bad luck")));
        await tasks.DrainAsync();
        Assert.False(tasks.TryRun(() => Task.CompletedTask));
        OwnedTasks others = new();
        Assert.True(others.TryRun(() => throw new InvalidOperationException("a bug")));
        await Assert.ThrowsAsync<InvalidOperationException>(others.DrainAsync);
    }
}
