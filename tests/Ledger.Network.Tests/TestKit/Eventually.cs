namespace Ledger.Network.Tests.TestKit;

/// <summary>Waits until something holds.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? within = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, within);

    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        using CancellationTokenSource patience = new(within ?? Patience);
        while (!await condition())
        {
            if (patience.IsCancellationRequested)
                Assert.Fail($"Not within {(within ?? Patience).TotalSeconds:N0} s: {what}");
            await Task.Delay(20);
        }
    }
}
