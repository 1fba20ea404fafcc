using System.Text.Json;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Cbor;
using Ledger.Core.Tests.Log;
using Xunit.Abstractions;

namespace Ledger.Core.Tests.Chain;

/// <summary>Files that people hand each other, with something changed: refused, or another file in its only writing.</summary>
public sealed class GovernanceFuzzTests(ITestOutputHelper output)
{
    private const int AllocatedBytesMax = 16 << 20;
    private static readonly JsonElement File = ChainVectors.Load("governance.json");

    public static TheoryData<string> Kinds() => ["proposal", "seat", "invitation"];

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Tier", "fuzz")]
    public void A_changed_file_is_refused_or_is_another_one_in_its_only_writing(string kind)
    {
        byte[] original = Sound(kind);
        Assert.Equal(original, Written(kind, original, out _));
        Random random = new(20_261_126);
        int read = 0;
        long most = 0;
        for (int i = 0; i < FuzzCases.Count; i++)
        {
            byte[] mutated = Mutation.Of(original, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            byte[]? written = Written(kind, mutated, out CborError error);
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(most < AllocatedBytesMax, Convert.ToHexString(mutated));
            Assert.True(written is not null || error.Offset <= mutated.Length);
            if (written is not null)
            {
                read++;
                Assert.Equal(mutated, written);
            }
        }

        // Both sides of the line were visited.
        Assert.InRange(read, 1, FuzzCases.Count - 1);
        output.WriteLine(
            $"{FuzzCases.Count:N0} mutated files of kind {kind}: {FuzzCases.Count - read:N0} refused, "
            + $"{read:N0} other files; at most {most:N0} bytes allocated for one");
    }

    private static byte[] Sound(string kind) =>
        kind == "proposal" ? File.Items("proposals").First().Bytes("bytes") : File.GetProperty(kind).Bytes("bytes");

    /// <summary>What was read, written again; null for what is refused.</summary>
    private static byte[]? Written(string kind, byte[] bytes, out CborError error) => kind switch
    {
        "proposal" => ProposalFile.TryParse(bytes, out ProposalFile proposal, out error) ? proposal.Encode() : null,
        "seat" => SeatFile.TryParse(bytes, out SeatFile seat, out error) ? seat.Encode() : null,
        _ => InvitationFile.TryParse(bytes, out InvitationFile invitation, out error) ? invitation.Encode() : null,
    };
}
