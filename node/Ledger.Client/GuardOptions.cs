namespace Ledger.Client;

/// <summary>What a guard does when the state of a model is no longer the one that was attested.</summary>
public enum OnModelChange
{
    /// <summary>The act does not run until an operator attests the new state.</summary>
    Refuse,

    /// <summary>A <c>model</c> record that states the change is sealed first; then the act goes on.</summary>
    SealFirst,

    /// <summary>The act goes on, and its intent names in <c>differs</c> the parts that are not as attested.</summary>
    Flag,
}

/// <summary>How a guard deals with acts.</summary>
public sealed record GuardOptions
{
    /// <summary>
    /// How far an intent must have come before its act goes ahead. <see cref="RecordState.Sealed"/> needs no node:
    /// durable on the operator's own disk. The other two need one.
    /// </summary>
    public RecordState GoAhead { get; init; } = RecordState.Sealed;

    /// <summary>
    /// How long an act waits for that at most; a deadline that comes earlier counts. Bitcoin takes an hour and more.
    /// </summary>
    public TimeSpan GoAheadPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an act may take whose intent names no deadline. None unless told.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// How long an act that was told to stop may take to do so, before its outcome is sealed without it.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Acts under way at the same time; one more is refused at once.</summary>
    public int ActsMax { get; init; } = 1_024;

    /// <summary>Only for a guard that was given the state of a model.</summary>
    public OnModelChange OnModelChange { get; init; } = OnModelChange.Refuse;

    /// <summary>
    /// Whether actor, authority, target and overseeing person are replaced by pseudonyms. Off only where the caller
    /// gives pseudonyms already.
    /// </summary>
    public bool Pseudonymise { get; init; } = true;
}

/// <summary>How a guard is, for whoever watches it.</summary>
/// <param name="Acts">Under way.</param>
/// <param name="Sealed">Records that are durable here, from the first on.</param>
/// <param name="Taken">Of these the node has taken; 0 without a node.</param>
/// <param name="Settled">Of these are in blocks, as the node says; 0 without a node.</param>
/// <param name="Problem">Why nothing goes to the node just now; null if it does, or there is none.</param>
public sealed record GuardStatus(int Acts, ulong Sealed, ulong Taken, ulong Settled, string? Problem);
