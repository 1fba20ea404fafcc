using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Tests;

/// <summary>Every width that this processor can run, as test data.</summary>
public sealed class Widths : TheoryData<Width>
{
    public Widths()
    {
        Add(Width.One);
        if (Lanes8.IsSupported)
        {
            Add(Width.Eight);
        }

        if (Lanes16.IsSupported)
        {
            Add(Width.Sixteen);
        }
    }
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
