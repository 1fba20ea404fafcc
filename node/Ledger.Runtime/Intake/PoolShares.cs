namespace Ledger.Runtime.Intake;

/// <summary>
/// How much of the mempool each sponsor holds, and whether it may hold more: never more than what is free. So one alone
/// gets half of the room, two a third each, and whoever comes later finds some.
/// </summary>
/// <remarks>
/// Source: A. Choudhury and E. Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", IEEE/ACM
/// Transactions on Networking 6(2), 1998, with a factor of one.
/// </remarks>
internal sealed class PoolShares(int recordsMax, long bytesMax)
{
    private readonly Dictionary<string, (int Records, long Bytes)> _held = [];

    public int Records { get; private set; }

    public long Bytes { get; private set; }

    public bool HasRoom(int bytes) => Records < recordsMax && Bytes + bytes <= bytesMax;

    public bool HasRoom(string sponsor, int bytes)
    {
        (int records, long held) = _held.GetValueOrDefault(sponsor);
        return HasRoom(bytes) && records < recordsMax - Records && held + bytes <= bytesMax - Bytes;
    }

    public void Add(string sponsor, int bytes) => Change(sponsor, 1, bytes);

    public void Remove(string sponsor, int bytes) => Change(sponsor, -1, -bytes);

    private void Change(string sponsor, int records, int bytes)
    {
        Records += records;
        Bytes += bytes;
        (int Records, long Bytes) held = _held.GetValueOrDefault(sponsor);
        held = (held.Records + records, held.Bytes + bytes);
        if (held.Records == 0)
        {
            _held.Remove(sponsor);
        }
        else
        {
            _held[sponsor] = held;
        }
    }
}
