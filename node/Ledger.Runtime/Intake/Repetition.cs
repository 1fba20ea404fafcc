using Ledger.Core;

namespace Ledger.Runtime.Intake;

/// <summary>
/// When something that was shared is shared again: ten seconds later, then each time after twice as long, at last every
/// five minutes. A network forgets within minutes what it has seen, and drops until then what is said twice.
/// </summary>
/// <param name="Next">When it is due.</param>
/// <param name="WaitMs">Between the time before and that one.</param>
internal readonly record struct Repetition(UnixTime Next, ulong WaitMs)
{
    private const ulong FirstMs = 10_000;
    private const ulong LongestMs = 300_000;

    public static Repetition After(UnixTime now) => new(new UnixTime(now.Milliseconds + FirstMs), FirstMs);

    public Repetition Again(UnixTime now)
    {
        ulong wait = Math.Min(2 * WaitMs, LongestMs);
        return new Repetition(new UnixTime(now.Milliseconds + wait), wait);
    }
}
