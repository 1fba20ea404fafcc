using Ledger.Core;

namespace Ledger.Crypto;

/// <summary>
/// The first 128 bits of a key id as eight pronounceable words, for reading aloud and comparing by ear. Each word is 16
/// bits, most significant first, as consonant, vowel, consonant, vowel, consonant of 4, 2, 4, 2, 4 bits: the proquint
/// scheme (arXiv:0901.4016). 128 bits withstand the search for another key with the same words; the full id decides.
/// </summary>
public static class FingerprintWords
{
    private const int WordCount = 8;
    private const string Consonants = "bdfghjklmnprstvz";
    private const string Vowels = "aiou";

    /// <summary>Eight words of five letters, joined by hyphens: 47 characters.</summary>
    public static string Of(KeyId id) => Of(id.Value);

    /// <summary>The same for the SHA-256 of anything else that two people compare.</summary>
    public static string Of(Digest digest)
    {
        Span<char> text = stackalloc char[(WordCount * 6) - 1];
        ReadOnlySpan<byte> bytes = digest.Span;
        for (int word = 0; word < WordCount; word++)
        {
            int bits = (bytes[2 * word] << 8) | bytes[(2 * word) + 1];
            Span<char> letters = text[(word * 6)..];
            letters[0] = Consonants[bits >> 12];
            letters[1] = Vowels[(bits >> 10) & 3];
            letters[2] = Consonants[(bits >> 6) & 15];
            letters[3] = Vowels[(bits >> 4) & 3];
            letters[4] = Consonants[bits & 15];
            if (word < WordCount - 1)
            {
                letters[5] = '-';
            }
        }

        return new string(text);
    }
}
