using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Commit = Ledger.Core.Chain.Commit;
using Random = System.Random;

namespace Ledger.Runtime.Tests.Peers;

/// <summary>The bytes that peers exchange: one reading, and one writing of it.</summary>
public sealed class ConsensusMessageTests
{
    private static readonly int Cases =
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases) ? cases : 20_000;

    public static TheoryData<string> Kinds => [.. Samples().Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_written_is_read_back(string kind)
    {
        byte[] bytes = Samples()[kind];

        Assert.True(ConsensusMessage.TryParse(bytes, out ConsensusMessage message, out CborError error), error.ToString());
        Assert.Equal(bytes, message.Encode());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Changed_bytes_are_refused_or_are_another_message_in_its_only_writing(string kind)
    {
        byte[] sound = Samples()[kind];
        Random random = new(kind.Length);
        int read = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = [.. sound];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                // The signature says nothing to a parser: most changes go elsewhere.
                int at = random.Next(8) == 0 ? random.Next(bytes.Length) : random.Next(Math.Min(64, bytes.Length));
                bytes[at] = (byte)random.Next(256);
            }

            if (random.Next(10) == 0)
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }

            if (ConsensusMessage.TryParse(bytes, out ConsensusMessage message, out _))
            {
                read++;
                Assert.Equal(bytes, message.Encode());
            }
        }

        Assert.InRange(read, 1, Cases - 1);
    }

    [Fact]
    public void Parts_that_the_header_does_not_name_are_refused()
    {
        Header header = SampleHeader();
        ProposedBlock other = new(header with { Body = Digest.Of("another"u8) }, new BlockParts(BlockBody.Empty, null));

        Assert.True(ConsensusMessage.TryParse(Samples()["proposal with parts"], out _, out _));
        Assert.False(ConsensusMessage.TryParse(Propose(other), out _, out CborError error));
        Assert.Equal(CborFault.WrongValue, error.Fault);
    }

    [Fact]
    public void A_commit_that_the_header_does_not_name_is_refused()
    {
        Commit commit = SampleCommit();
        ProposedBlock named = new(SampleHeader() with { Commit = commit.Digest }, new BlockParts(BlockBody.Empty, commit));
        ProposedBlock unnamed = new(SampleHeader(), new BlockParts(BlockBody.Empty, commit));

        Assert.True(ConsensusMessage.TryParse(Propose(named), out _, out _));
        Assert.False(ConsensusMessage.TryParse(Propose(unnamed), out _, out _));
    }

    [Fact]
    public void Parts_too_long_for_a_message_are_left_out()
    {
        BlockBody body = new([.. Enumerable.Repeat(RecordId.Zero, 2_000)], []);
        ProposedBlock block = new(SampleHeader() with { Body = body.Digest }, new BlockParts(body, null));

        byte[] bytes = Propose(block);

        Assert.True(bytes.Length < 8_192);
        Assert.True(ConsensusMessage.TryParse(bytes, out ConsensusMessage message, out _));
        Assert.Null(Assert.IsType<ConsensusMessage.ProposalMessage>(message).Block.Parts);
        Assert.True(ProposedBlock.TryParse(block.Encode(), out ProposedBlock served));
        Assert.Equal(body.Digest, served.Parts!.Body.Digest);
    }

    [Fact]
    public void Questions_and_answers_are_read_back()
    {
        Position position = new(
            new Height(9), new Round(2), true, default(VoterMask).With(new ValidatorIndex(0)).With(new ValidatorIndex(255)),
            default, new PolkaWanted(new Round(1), SampleHeader().Id, default(VoterMask).With(new ValidatorIndex(70))));
        Assert.True(PeerCodec.TryReadPosition(PeerCodec.Position(position), out Position read));
        Assert.Equal(position, read);

        RecordId[] ids = [RecordId.Zero, RecordId.Zero];
        Assert.True(PeerCodec.TryReadIds(PeerCodec.Ids(ids), out ImmutableArray<RecordId> readIds));
        Assert.Equal(ids, readIds);
        Assert.False(PeerCodec.TryReadIds(PeerCodec.Ids([.. Enumerable.Repeat(RecordId.Zero, PeerCodec.IdsMax + 1)]), out _));

        Assert.True(PeerCodec.TryReadHeight(PeerCodec.Height(new Height(7)), out Height height));
        Assert.Equal(new Height(7), height);
        Assert.False(PeerCodec.TryReadHeight(PeerCodec.Height(Height.Zero), out _));

        SettledBlock block = new(SampleHeader(), BlockBody.Empty, SampleCommit());
        byte[] lacking = PeerCodec.Lacking([Samples()["vote"]], block);
        Assert.True(PeerCodec.TryReadLacking(lacking, out var messages, out SettledBlock? served));
        Assert.Equal(Samples()["vote"], messages.Single().ToArray());
        Assert.Equal(block.Header.Id, served!.Header.Id);
        Assert.False(PeerCodec.TryReadLacking(lacking.AsSpan(..^1), out _, out _));
    }

    [Fact]
    public void An_answer_leaves_out_what_does_not_fit()
    {
        byte[] large = new byte[1 << 20];
        byte[] answer = PeerCodec.List(Enumerable.Repeat((ReadOnlyMemory<byte>)large, 10));

        Assert.True(answer.Length <= Ports.PeerLimits.AnswerBytes);
        Assert.True(PeerCodec.TryReadList(answer, 10, out var items));
        Assert.Equal(3, items.Length);
    }

    private static Dictionary<string, byte[]> Samples()
    {
        Vote vote = new(new Height(3), new Round(1), VoteStep.Precommit, SampleHeader().Id);
        return new()
        {
            ["vote"] = ConsensusMessage.Of(new SignedVote(vote, new ValidatorIndex(2), Signature())).Encode(),
            ["vote for nil"] =
                ConsensusMessage.Of(new SignedVote(vote with { Block = null }, new ValidatorIndex(255), Signature())).Encode(),
            ["proposal"] = Propose(new ProposedBlock(SampleHeader(), null)),
            ["proposal with parts"] = Propose(new ProposedBlock(SampleHeader(), new BlockParts(BlockBody.Empty, null))),
        };
    }

    private static byte[] Propose(ProposedBlock block)
    {
        Proposal said = new(block.Header.Height, new Round(4), new Round(1), block.Header.Id);
        return ConsensusMessage.Of(
            new SignedProposal(said, new ValidatorIndex(1), block.Header.Time, Signature()), block).Encode();
    }

    private static Commit SampleCommit() =>
        new(new Height(2), Round.Zero, SampleHeader().Previous, [new CommitVote(0, Signature())]);

    private static byte[] Signature() => [.. Enumerable.Range(0, Limits.SignatureBytes).Select(i => (byte)i)];

    private static Header SampleHeader() => new()
    {
        Chain = new ChainId(Digest.Of("chain"u8)),
        Height = new Height(3),
        Time = new UnixTime(1_700_000_000_000),
        Previous = new BlockId(Digest.Of("previous"u8)),
        Commit = Digest.Zero,
        Proposer = new KeyId(Digest.Of("proposer"u8)),
        Validators = Digest.Of("validators"u8),
        Next = Digest.Of("validators"u8),
        Size = new TreeSize(5),
        Root = Digest.Of("root"u8),
        Streams = Digest.Of("streams"u8),
        Body = BlockBody.Empty.Digest,
    };
}
