using Ledger.Core.Chain;

namespace Ledger.Core.Tests.Chain;

public sealed class DerivedTests
{
    [Fact]
    public void A_changed_copy_of_a_header_has_its_own_id_and_an_unchanged_one_is_equal()
    {
        Header header = SampleHeader();
        BlockId id = header.Id;

        Header later = header with { Height = new Height(2) };
        Assert.NotEqual(id, later.Id);
        Assert.Equal(new BlockId(Digest.Of(later.Encode())), later.Id);

        Header same = header with { };
        Assert.Equal(header, same);
        Assert.Equal(header.GetHashCode(), same.GetHashCode());
        Assert.Equal(id, same.Id);
        Assert.Equal(header, same);
    }

    private static Header SampleHeader() => new()
    {
        Chain = default,
        Height = new Height(1),
        Time = new UnixTime(1),
        Previous = default,
        Commit = default,
        Proposer = default,
        Validators = default,
        Next = default,
        Size = default,
        Root = default,
        Streams = default,
        Body = default,
    };
}
