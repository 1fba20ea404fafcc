namespace Ledger.Network.Tests.TestKit;

/// <summary>Waits until something holds.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!condition())
        {
            if (patience.IsCancellationRequested)
                Assert.Fail($"Not within {Patience.TotalSeconds:N0} s: {what}");
            await Task.Delay(20);
        }
    }
}
