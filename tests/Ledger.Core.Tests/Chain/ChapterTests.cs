using System.Globalization;
using System.Text.Json;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Log;
using Ledger.TestKit;

namespace Ledger.Core.Tests.Chain;

/// <summary>The specification and the code say the same of the chain.</summary>
public sealed class ChapterTests
{
    private static readonly string Chapter = File.ReadAllText(Checkout.PathOf("consensus", "README.md"));

    [Fact]
    public void The_limits_of_the_chapter_are_those_of_the_code()
    {
        string[] rows =
        [
            $"| record | {Show(Limits.RecordBytes)} bytes |",
            $"| `root` record | {Show(Limits.RootRecordBytes)} bytes |",
            $"| nesting of CBOR | {Limits.CborDepth} |",
            $"| `causes` | {Limits.Causes} |",
            $"| keys of one stream | {Limits.StreamKeys}, the last {Limits.StreamKeysForRecovery} by the recovery key |",
            $"| public key · signature | {Show(Limits.PublicKeyBytes)} · {Show(Limits.SignatureBytes)} bytes |",
            $"| block body | {Show(Limits.BlockBodyBytes)} bytes, {Show(BlockBody.RecordsMax)} records, "
                + $"{BlockBody.MisbehaviourMax} files of misbehaviour of {Show(BlockBody.MisbehaviourBytesMax)} bytes |",
            $"| header | {Header.EncodedBytesMax} bytes |",
            $"| validators · observers | {Limits.Validators} each |",
            $"| genesis document, configuration | {Show(Limits.ConfigurationBytes)} bytes |",
            $"| members · kids of a member | {Show(Admission.MembersMax)} · {Show(Admission.KeysMax)} |",
            $"| a record's time ahead of its block | {Show((int)Limits.RecordAheadOfBlockMs)} ms |",
        ];
        Assert.All(rows, row => Assert.Contains(row, Chapter, StringComparison.Ordinal));
    }

    [Fact]
    public void The_worked_examples_are_those_of_the_vectors()
    {
        JsonElement header = ChainVectors.Load("blocks.json").GetProperty("blocks")[0].GetProperty("header");
        JsonElement vote = ChainVectors.Load("sign-bytes.json").GetProperty("votes")[1];
        Assert.Contains($"`{header.Text("id")}`", Chapter, StringComparison.Ordinal);
        Assert.Equal(header.Text("id"), vote.Text("block"));
        foreach (JsonElement example in (JsonElement[])[header, vote])
        {
            string rows = string.Join('\n', example.Items("layout").Select(piece => $"{piece[0].GetString()}  ; {piece[1].GetString()}"));
            Assert.Contains(rows, Chapter, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_default_parameters_of_the_chapter_are_those_of_the_code()
    {
        Parameters code = new();
        string[] rows =
        [
            $"| `heartbeat` | {Show((int)code.HeartbeatMs)} |",
            $"| `precision` | {Show((int)code.PrecisionMs)} |",
            $"| `messageDelay` | {Show((int)code.MessageDelayMs)} |",
            $"| `proposeTimeout`, `voteTimeout` | {Show((int)code.ProposeTimeoutMs)}, {Show((int)code.VoteTimeoutMs)} |",
            $"| `timeoutGrowth` | {Show((int)code.TimeoutGrowthMs)} |",
            $"| `blockRecords` | {Show((int)code.BlockRecords)} |",
            $"| `anchorBlocks`, `anchorMinutes` | {code.AnchorBlocks}, {code.AnchorMinutes} |",
        ];
        Assert.All(rows, row => Assert.Contains(row, Chapter, StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_are_numbered_without_a_hole()
    {
        foreach ((string letter, int count) in ((string, int)[])[("L", 4), ("M", 5), ("G", 13), ("H", 10), ("X", 6), ("E", 9), ("A", 7), ("P", 15), ("W", 7), ("Y", 7)])
        {
            int before = -1;
            for (int i = 1; i <= count; i++)
            {
                int at = Chapter.IndexOf($"- **{letter}{i}** ", StringComparison.Ordinal);
                Assert.True(at > before, $"{letter}{i} is missing or out of order");
                before = at;
            }

            Assert.DoesNotContain($"**{letter}{count + 1}**", Chapter, StringComparison.Ordinal);
        }
    }

    private static string Show(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
