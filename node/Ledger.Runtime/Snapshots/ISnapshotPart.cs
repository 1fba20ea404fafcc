using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// One part of what a joining node fetches: what it lacks, and how an answer is checked before any of it is kept.
/// Synchronous, without clock or network; owned by one thread. After a restart a new one finds out from the store what is
/// still missing.
/// </summary>
internal interface ISnapshotPart
{
    /// <summary>Everything is here, and no question is under way.</summary>
    bool IsComplete { get; }

    /// <summary>What to ask a peer next; null while answers have to come first, or nothing is missing.</summary>
    SnapshotQuestion? Next();

    /// <summary>Nobody answered: to be asked again.</summary>
    void Again(SnapshotQuestion question);

    /// <summary>
    /// Checks an answer to a question of <see cref="Next"/>, and adds what holds to the batch. What is missing from an
    /// answer is asked for again.
    /// </summary>
    /// <returns>Null, or one clause that says what no honest peer would have sent.</returns>
    string? Take(SnapshotQuestion question, ReadOnlyMemory<byte> answer, StoreBatch batch);
}
