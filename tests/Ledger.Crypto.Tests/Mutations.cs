using Ledger.Crypto.Lattice;

namespace Ledger.Crypto.Tests;

/// <summary>One sound signature with hints in every row and room for more.</summary>
internal sealed class Specimen
{
    public Specimen()
    {
        for (int i = 0; ; i++)
        {
            using SigningKey key = SigningKey.FromSeed(Pattern.Bytes($"specimen {i}", 32));
            PublicKey = key.PublicKey.ToArray();
            Message = Pattern.Bytes($"specimen message {i}", 100);
            Signature = key.Sign(Message, new byte[32]);
            ReadOnlySpan<byte> ends = Signature.AsSpan(Mutations.EndsAt);
            int shortest = ends[0];
            for (int row = 1; row < ends.Length; row++)
            {
                shortest = Math.Min(shortest, ends[row] - ends[row - 1]);
            }

            if (shortest >= 2 && ends[^1] < Parameters.Omega - 1)
            {
                return;
            }
        }
    }

    public byte[] PublicKey { get; }

    public byte[] Message { get; }

    public byte[] Signature { get; }
}

/// <summary>Every way in which a signature can be wrong, each by name.</summary>
internal static class Mutations
{
    public const int ResponseAt = Parameters.ChallengeBytes;
    public const int HintsAt = ResponseAt + (Parameters.L * Parameters.MaskBytes);
    public const int EndsAt = HintsAt + Parameters.Omega;

    /// <summary>Other spellings of the very same hints: what a lenient reader would accept.</summary>
    public static IEnumerable<(string Name, byte[] Signature)> OtherSpellings(byte[] signature)
    {
        int count = signature[^1];
        yield return ("a byte after the last hint", Change(s => s[HintsAt + count] = 7));
        yield return ("a byte at the very end of the unused places", Change(s => s[EndsAt - 1] = 1));
        yield return ("two hints of a row swapped", Change(s => (s[HintsAt], s[HintsAt + 1]) = (s[HintsAt + 1], s[HintsAt])));
        yield return ("a hint of the first row twice", Change(s =>
        {
            s.AsSpan(HintsAt, count).ToArray().CopyTo(s, HintsAt + 1);
            for (int row = 0; row < Parameters.K; row++)
            {
                s[EndsAt + row]++;
            }
        }));

        byte[] Change(Action<byte[]> change)
        {
            byte[] changed = [.. signature];
            change(changed);
            return changed;
        }
    }

    public static IEnumerable<(string Name, byte[] Signature)> Of(byte[] signature)
    {
        foreach ((string Name, byte[] Signature) spelling in OtherSpellings(signature))
        {
            yield return spelling;
        }

        for (int i = 0; i < signature.Length; i += 83)
        {
            yield return ($"byte {i} changed", Change(s => s[i] ^= (byte)(1 << (i % 8))));
        }

        // z is stored as γ1 - z in 20 bits: the largest and smallest values, and those next to the bound.
        int[] stored = [0, 1, Parameters.Beta, Parameters.Beta + 1, (2 * Parameters.Gamma1) - 1,
            (2 * Parameters.Gamma1) - Parameters.Beta, (2 * Parameters.Gamma1) - Parameters.Beta - 1];
        foreach (int value in stored)
        {
            for (int poly = 0; poly < Parameters.L; poly++)
            {
                int at = ResponseAt + (poly * Parameters.MaskBytes);
                yield return ($"z[{poly}] begins with {Parameters.Gamma1 - value}", Change(s =>
                {
                    s[at] = (byte)value;
                    s[at + 1] = (byte)(value >> 8);
                    s[at + 2] = (byte)((s[at + 2] & 0xf0) | (value >> 16));
                }));
            }
        }

        for (int row = 0; row < Parameters.K; row++)
        {
            yield return ($"row {row} ends beyond ω", Change(s => s[EndsAt + row] = Parameters.Omega + 1));
            yield return ($"row {row} ends at 255", Change(s => s[EndsAt + row] = 255));
            yield return ($"row {row} ends one later", Change(s => s[EndsAt + row]++));
            yield return ($"row {row} ends one earlier", Change(s => s[EndsAt + row]--));
            yield return ($"row {row} ends at 0", Change(s => s[EndsAt + row] = 0));
        }

        yield return ("no hints at all", Change(s => s.AsSpan(HintsAt).Clear()));
        yield return ("a hint dropped", Change(s =>
        {
            int count = s[^1];
            s[HintsAt + count - 1] = 0;
            s[^1]--;
        }));
        yield return ("a hint moved", Change(s => s[HintsAt] = (byte)(s[HintsAt] == 0 ? 1 : s[HintsAt] - 1)));
        yield return ("all zero", new byte[signature.Length]);
        yield return ("all ones", [.. Enumerable.Repeat((byte)0xff, signature.Length)]);
        yield return ("a byte short", signature[..^1]);
        yield return ("a byte long", [.. signature, 0]);
        yield return ("empty", []);

        byte[] Change(Action<byte[]> change)
        {
            byte[] changed = [.. signature];
            change(changed);
            return changed;
        }
    }
}
