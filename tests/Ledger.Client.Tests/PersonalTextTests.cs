namespace Ledger.Client.Tests;

public sealed class PersonalTextTests
{
    [Theory]
    [InlineData("anna@example.org", "a mail address")]
    [InlineData("see <anna.b+x@mail.example.co.uk>.", "a mail address")]
    [InlineData("a@b, then c@d.ch", "a mail address")]
    [InlineData("+41 79 123 45 67", "a telephone number")]
    [InlineData("(044) 123-45-67", "a telephone number")]
    [InlineData("0791234567", "a telephone number")]
    [InlineData("Anna Beispiel", "a person's name")]
    [InlineData("Jean-Luc O'Hara", "a person's name")]
    [InlineData("José María Núñez", "a person's name")]
    public void What_looks_like_a_person_is_suspected(string text, string what) =>
        Assert.Equal(what, PersonalText.Suspect(text, mayBeName: true));

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("model@v2")]
    [InlineData("a @ b.ch")]
    [InlineData("user@host.")]
    [InlineData("triage-agent")]
    [InlineData("policy 12")]
    [InlineData("p-0123456789abcdef0123456789abcdef")]
    [InlineData("1790000000000")]
    [InlineData("2026-01-01 12:00")]
    [InlineData("Answer the question of Anna")]
    [InlineData("ISO 42001")]
    public void What_does_not_is_left_in_peace(string text) => Assert.Null(PersonalText.Suspect(text, mayBeName: true));

    [Fact]
    public void Names_are_looked_for_only_where_a_person_may_stand() =>
        Assert.Null(PersonalText.Suspect("Anna Beispiel", mayBeName: false));
}
