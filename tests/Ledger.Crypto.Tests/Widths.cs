using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Tests;

/// <summary>
/// Every width that this processor can run, as test data; the widest alone where a test has switched wider ones off.
/// </summary>
public sealed class Widths : TheoryData<Width>
{
    /// <summary>Says which width a process ought to use that was started with less than the processor has.</summary>
    public const string ExpectedVariable = "LEDGER_TEST_EXPECTED_WIDTH";

    public Widths()
    {
        Width[] all = [Width.One, Width.Eight, Width.Sixteen];
        foreach (Width width in all.Where(width => Expected is null ? width <= Widest : width == Widest))
        {
            Add(width);
        }
    }

    public static string? Expected { get; } = Environment.GetEnvironmentVariable(ExpectedVariable);

    public static Width Widest =>
        Lanes16.IsSupported ? Width.Sixteen : Lanes8.IsSupported ? Width.Eight : Width.One;
}

public enum Width
{
    One = 1,
    Eight = 8,
    Sixteen = 16,
}

/// <summary>The scheme at a width that the test names, where the product takes the widest.</summary>
internal interface IScheme
{
    void Generate(byte[] seed, byte[] publicKey, byte[] secretKey);

    void Sign(byte[] secretKey, byte[] message, byte[] context, byte[] randomizer, byte[] signature);

    bool Verify(byte[] publicKey, byte[] message, byte[] context, byte[] signature);

    bool VerifyExpanded(byte[] publicKey, byte[] message, byte[] context, byte[] signature);

    bool[] VerifyBatch(VerifyItem[] items);

    static IScheme Of(Width width) => width switch
    {
        Width.One => new Scheme<Lane>(),
        Width.Eight => new Scheme<Lanes8>(),
        _ => new Scheme<Lanes16>(),
    };

    private sealed class Scheme<T> : IScheme
        where T : struct, ILanes<T>
    {
        public void Generate(byte[] seed, byte[] publicKey, byte[] secretKey) =>
            KeyGeneration<T>.Run(seed, publicKey, secretKey);

        public void Sign(byte[] secretKey, byte[] message, byte[] context, byte[] randomizer, byte[] signature) =>
            Signing<T>.Run(secretKey, message, context, randomizer, signature);

        public bool Verify(byte[] publicKey, byte[] message, byte[] context, byte[] signature) =>
            Verification<T>.Run(publicKey, message, context, signature);

        public bool VerifyExpanded(byte[] publicKey, byte[] message, byte[] context, byte[] signature)
        {
            byte[] key = new byte[PackedKey.Bytes];
            PackedKey.Pack<T>(publicKey, key);
            return Verification<T>.RunExpanded(key, message, context, signature);
        }

        public bool[] VerifyBatch(VerifyItem[] items)
        {
            bool[] valid = new bool[items.Length];
            BatchVerification<T>.Run(items, valid);
            return valid;
        }
    }
}
