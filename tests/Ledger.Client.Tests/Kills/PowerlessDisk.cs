using Ledger.Client.Files;
using Ledger.Records;

namespace Ledger.Client.Tests.Kills;

/// <summary>
/// A disk whose cache dies with the process: what was written to a chain reaches the file only with its sync, so that a
/// kill does to it what a power cut does. It says when an intent stands between its append and its go-ahead.
/// </summary>
/// <param name="between">Called with the state of the intent: false before its sync, true after it.</param>
/// <param name="lies">The switch: a sync returns at once, and only the one after it writes.</param>
internal sealed class PowerlessDisk(Action<bool> between, bool lies) : Disk
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<(byte[] Bytes, long Offset)>> _cache = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(byte[] Bytes, long Offset)>> _owed = new(StringComparer.Ordinal);

    public override void Write(FileStream file, ReadOnlySpan<byte> bytes, long offset)
    {
        if (!IsChain(file))
        {
            base.Write(file, bytes, offset);
            return;
        }

        lock (_gate)
        {
            Writes(_cache, file.Name).Add((bytes.ToArray(), offset));
        }
    }

    public override void Sync(FileStream file)
    {
        if (!IsChain(file))
        {
            base.Sync(file);
            return;
        }

        (byte[] Bytes, long Offset)[] writes;
        lock (_gate)
        {
            List<(byte[], long)> cached = Writes(_cache, file.Name);
            List<(byte[], long)> owed = Writes(_owed, file.Name);
            writes = [.. lies ? owed : cached];
            owed.Clear();
            owed.AddRange(cached);
            cached.Clear();
        }

        bool holdsIntent = writes.Any(write => IsIntent(write.Bytes));
        if (holdsIntent)
        {
            between(false);
        }

        foreach ((byte[] bytes, long offset) in writes)
        {
            base.Write(file, bytes, offset);
        }

        base.Sync(file);
        if (holdsIntent)
        {
            between(true);
        }
    }

    private static bool IsChain(FileStream file) => file.Name.EndsWith(".oar", StringComparison.Ordinal);

    private static List<(byte[] Bytes, long Offset)> Writes(
        Dictionary<string, List<(byte[] Bytes, long Offset)>> files, string name)
    {
        if (!files.TryGetValue(name, out List<(byte[] Bytes, long Offset)>? writes))
        {
            files[name] = writes = [];
        }

        return writes;
    }

    private static bool IsIntent(byte[] bytes) =>
        Records.Record.TryParse(bytes, out Records.Record? record, out _) && record.Kind == RecordKind.Intent;
}
