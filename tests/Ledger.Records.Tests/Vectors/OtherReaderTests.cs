using Ledger.TestKit;

namespace Ledger.Records.Tests.Vectors;

/// <summary>The vectors once more, by a reader that was written from the specification in another language.</summary>
[Trait("Tier", "process")]
public sealed class OtherReaderTests
{
    [FactThatNeeds("npm")]
    public void JavaScript_gives_every_form_and_every_chain_the_same_answer()
    {
        (int exitCode, string said) = NodeScript.Run(Path.Combine(Checkout.Vectors, "check-records.mjs"));
        Assert.True(exitCode == 0, said);
        Assert.Contains(" 0 differ", said, StringComparison.Ordinal);
    }
}
