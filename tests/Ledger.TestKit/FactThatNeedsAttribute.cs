using Xunit;

namespace Ledger.TestKit;

/// <summary>A fact that runs where all it needs is present, and is skipped with the reason elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactThatNeedsAttribute : FactAttribute
{
    /// <param name="needs">Names that <see cref="Needs.Find"/> knows.</param>
    public FactThatNeedsAttribute(params string[] needs) => Skip = Needs.Missing(needs);
}

/// <summary>A theory that runs where all it needs is present, and is skipped with the reason elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryThatNeedsAttribute : TheoryAttribute
{
    /// <param name="needs">Names that <see cref="Needs.Find"/> knows.</param>
    public TheoryThatNeedsAttribute(params string[] needs) => Skip = Needs.Missing(needs);
}
