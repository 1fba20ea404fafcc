using Ledger.Core.Cbor;

namespace Ledger.Client;

/// <summary>
/// Finds texts that look as if they named a person. The ledger is readable and nothing in it can be erased, so such a
/// text belongs in a commitment or behind a pseudonym. A guess, for warnings: it neither finds every name nor is it
/// always right.
/// </summary>
public static class PersonalText
{
    private const int PhoneDigitsMin = 9;
    private const int PhoneDigitsMax = 15;

    /// <summary>Members whose text stands for a person or an organisation.</summary>
    private static readonly string[] PersonMembers = ["id", "authority", "target", "person"];

    /// <summary>What the text looks like, or null.</summary>
    /// <param name="mayBeName">Whether two words in capitals are to count as a name.</param>
    public static string? Suspect(string text, bool mayBeName)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (HasMailAddress(text))
        {
            return "a mail address";
        }

        if (IsPhoneNumber(text))
        {
            return "a telephone number";
        }

        return mayBeName && IsName(text) ? "a person's name" : null;
    }

    /// <summary>One sentence for each suspicious text of a record that is about to be sealed.</summary>
    internal static IEnumerable<string> In(string issuer, string subject, CborMap body) =>
        Texts(body, "body", mayBeName: false)
            .Append(new Place("issuer", issuer, true))
            .Append(new Place("subject", subject, true))
            .Select(place => (place.Path, Found: Suspect(place.Text, place.MayBeName)))
            .Where(place => place.Found is not null)
            .Select(place =>
                $"{place.Path} looks like {place.Found}: all can read it, nobody erase it. Use a pseudonym.");

    private static IEnumerable<Place> Texts(CborValue value, string path, bool mayBeName) => value switch
    {
        CborText text => [new Place(path, text.Value, mayBeName)],
        CborArray array => array.SelectMany((item, i) => Texts(item, $"{path}[{i}]", mayBeName)),
        CborMap map => map.SelectMany(
            member => Texts(member.Value, $"{path}.{member.Key}", PersonMembers.Contains(member.Key))),
        _ => [],
    };

    /// <summary>Something before an @, and behind it a dot between letters.</summary>
    private static bool HasMailAddress(string text)
    {
        for (int at = text.IndexOf('@'); at >= 0; at = text.IndexOf('@', at + 1))
        {
            int end = at + 1;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '.' or '-'))
            {
                end++;
            }

            int dot = text.AsSpan(at + 1, end - at - 1).TrimEnd('.').LastIndexOf('.');
            if (at > 0 && !char.IsWhiteSpace(text[at - 1]) && dot > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Nothing but digits and what is put between them, beginning as a number that is dialled.</summary>
    private static bool IsPhoneNumber(string text)
    {
        string trimmed = text.Trim();
        int digits = trimmed.Count(char.IsAsciiDigit);
        return digits is >= PhoneDigitsMin and <= PhoneDigitsMax
            && trimmed[0] is '+' or '0' or '('
            && trimmed.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or ' ' or '(' or ')' or '/' or '.');
    }

    /// <summary>Two to four words of letters, each in a capital and small letters.</summary>
    private static bool IsName(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length is >= 2 and <= 4 && words.All(IsNameWord);
    }

    private static bool IsNameWord(string word) =>
        word.Length > 1
        && char.IsUpper(word[0])
        && word.Skip(1).All(c => char.IsLetter(c) || c is '-' or '\'' or '.')
        && word.Skip(1).Any(char.IsLower);

    private readonly record struct Place(string Path, string Text, bool MayBeName);
}
