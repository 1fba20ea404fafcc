using Ledger.Core;
using Ledger.Records;

namespace Ledger.Runtime.Intake;

/// <summary>A record that is held here and not settled.</summary>
/// <param name="arrival">Order of acknowledgement at this node.</param>
/// <param name="sponsor">Who answers for its stream, by the configuration of when it came.</param>
/// <param name="isByRecovery">Signed by its stream's recovery key.</param>
/// <param name="since">When it came to this node, or this node to life.</param>
internal sealed class PendingRecord(
    ulong arrival, VerifiedRecord verified, string sponsor, bool isByRecovery, UnixTime since)
{
    private const byte Heard = 1;

    public ulong Arrival { get; } = arrival;

    public VerifiedRecord Verified { get; } = verified;

    public Record Record => Verified.Record;

    public string Sponsor { get; } = sponsor;

    public bool IsByRecovery { get; } = isByRecovery;

    public UnixTime Since { get; } = since;

    /// <summary>Whether somebody has this node's word that it is kept; false for what peers shared.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>When to share it again, and how long to wait after that; null while it was not shared from here.</summary>
    public Repetition? Repetition { get; set; }

    /// <summary>The row in <see cref="Ports.Table.Pending"/>.</summary>
    public byte[] Row() => IsAcknowledged ? [.. Record.Id.Span] : [.. Record.Id.Span, Heard];

    public static RecordId IdOf(ReadOnlySpan<byte> row) => new(row[..RecordId.Size]);

    public static bool IsOfAcknowledged(ReadOnlySpan<byte> row) => row.Length == RecordId.Size;
}
