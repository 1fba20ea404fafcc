namespace Ledger.Storage.Recovery;

/// <summary>What a read through one log file (write-ahead log or MANIFEST) found.</summary>
/// <param name="Path">The file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="WholeBytes">Offset behind the last whole record before the fault, or behind the last record.</param>
/// <param name="FirstSequence">Sequence number of the first batch; null when there is none, and for a MANIFEST.</param>
/// <param name="NextSequence">Sequence number that the batch behind the last whole one would have.</param>
/// <param name="Fault">Where the records stop making sense; null for a sound file.</param>
internal sealed record LogScan(
    string Path, long Length, long WholeBytes, ulong? FirstSequence, ulong NextSequence, LogFault? Fault);

/// <param name="Offset">Byte offset of the record that is not whole.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="LaterRecord">
/// Offset of a whole record that begins behind the fault; null when nothing follows. A record is written only after the
/// one before it is on the disk, so a fault with a later record is damage, and one without may be a write that a
/// power cut tore.
/// </param>
internal sealed record LogFault(long Offset, string Reason, long? LaterRecord);
