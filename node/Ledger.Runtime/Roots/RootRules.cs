namespace Ledger.Runtime.Roots;

/// <summary>
/// The conditions on which the promises to integrators rest. Product code has only these; tests derive from the class to
/// break one at a time, and show that something then fails.
/// </summary>
internal class RootRules
{
    public static RootRules Sound { get; } = new();

    /// <summary>Whether a digest is answered for only once it is durable.</summary>
    public virtual bool AnswersOnceDurable => true;

    /// <summary>Whether a tree is durable before its root is sealed.</summary>
    public virtual bool SavesTreeFirst => true;

    /// <summary>Whether a record that an earlier run may have sealed is looked for before another is.</summary>
    public virtual bool LooksBeforeItSealsAgain => true;

    /// <summary>Whether a digest that is known keeps its place.</summary>
    public virtual bool KnowsDigestsAgain => true;
}
