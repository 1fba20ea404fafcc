namespace Ledger.Runtime.Loop;

/// <summary>
/// The conditions on which the loop's guarantees rest, gathered in one place. Product code has only these; tests derive
/// from the class to break one at a time, and show that something then fails.
/// </summary>
internal class LoopRules
{
    public static LoopRules Sound { get; } = new();

    /// <summary>Whether a journal is not the one that this validator stopped with.</summary>
    public virtual bool IsOlderThanLeft(ulong inside, ulong outside) => inside < outside;
}
