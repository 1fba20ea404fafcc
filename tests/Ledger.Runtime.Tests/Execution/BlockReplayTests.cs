using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests.Execution;

/// <summary>Rules E1 to E9: which blocks of others are valid. Each test first has the untouched block pass.</summary>
public sealed class BlockReplayTests
{
    private readonly ChainStore _store;
    private readonly ChainHead _before;
    private readonly ExecutedBlock _block;
    private readonly VerifiedRecord[] _records;

    /// <summary>Four validators have settled a few blocks, and one of them made the next, with three records.</summary>
    public BlockReplayTests()
    {
        VirtualCluster cluster = new(seed: 5, nodes: 4);
        cluster.Start();
        VirtualNode node = cluster.Nodes[0];
        Operator stream = new(100);
        RecordId first = node.Submit(stream.Next())[0].Receipt!.Id;
        Assert.True(cluster.RunUntil(() => node.Chain.Placement(first) is not null, TimeSpan.FromSeconds(60)));
        Assert.True(cluster.RunUntil(() => !node.Head.LastHadContent, TimeSpan.FromSeconds(60)));
        _store = node.Chain;
        _before = node.Head;
        _records = [.. new RecordVerifier(_store).Verify(
            [.. stream.Next(3).Select(record => (ReadOnlyMemory<byte>)record)], new Refusal?[3]).Select(record => record!)];
        BlockExecutor executor = new(_store, _before);
        UnixTime time = new(_before.Time.Milliseconds + 1_000);
        Assert.All(_records, record => Assert.Null(executor.TryAdd(record, time)));
        _block = executor.Finish(time, VirtualCluster.VoteKeyOf(1).Id, Before);
    }

    private Commit Before => _before.Commit!;

    [Fact]
    public void The_block_that_a_validator_made_is_valid() => Assert.Equal("", Fault(_block.Header));

    [Fact]
    public void A_block_that_does_not_follow_the_last_is_refused()
    {
        Assert.Equal("it does not follow the last block", Fault(_block.Header with { Height = _block.Header.Height.Next }));
        Assert.Equal("it does not follow the last block", Fault(_block.Header with { Previous = new BlockId(Digest.Of("x"u8)) }));
    }

    [Fact]
    public void A_block_no_later_than_the_one_before_is_refused() =>
        Assert.Equal(
            "its time is not later than that of the block before", Fault(_block.Header with { Time = _before.Time }));

    [Fact]
    public void A_block_of_somebody_who_is_no_validator_is_refused() =>
        Assert.Equal("its proposer is no validator", Fault(_block.Header with { Proposer = new KeyId(Digest.Of("x"u8)) }));

    [Theory]
    [InlineData("root")]
    [InlineData("streams")]
    [InlineData("size")]
    [InlineData("validators")]
    [InlineData("next")]
    public void A_header_that_claims_another_state_is_refused(string member)
    {
        Digest other = Digest.Of("other"u8);
        Header header = member switch
        {
            "root" => _block.Header with { Root = other },
            "streams" => _block.Header with { Streams = other },
            "size" => _block.Header with { Size = new TreeSize(_block.Header.Size.Value + 1) },
            "validators" => _block.Header with { Validators = other },
            _ => _block.Header with { Next = other },
        };

        Assert.Equal("", Fault(_block.Header));
        Assert.Equal("its header is not the one that executing it gives", Fault(header));
    }

    [Fact]
    public void A_record_out_of_its_order_is_refused_and_named()
    {
        VerifiedRecord[] turned = [_records[1], _records[0], _records[2]];
        string fault = Fault(_block.Header, records: turned);

        Assert.StartsWith($"record {_records[1].Record.Id}: ", fault);
    }

    [Fact]
    public void An_empty_block_is_valid_only_after_one_with_content_or_when_a_heartbeat_is_due()
    {
        Parameters parameters = _before.Configuration.Parameters;
        UnixTime due = new(_before.Time.Milliseconds + parameters.HeartbeatMs);
        UnixTime early = new(due.Milliseconds - 1);

        Assert.Equal("", FaultOfEmpty(_before, due));
        Assert.Equal("it is empty, and none is due", FaultOfEmpty(_before, early));
        Assert.Equal("", FaultOfEmpty(_before with { LastHadContent = true }, early));
    }

    /// <summary>H4: the proposer chose the commit that its header names; it need not be the one held here.</summary>
    [Fact]
    public void Another_sound_commit_of_the_block_before_may_be_named()
    {
        Commit held = Before;
        Assert.InRange(held.Votes.Length, 3, 4);
        int absent = held.Votes.Length == 4 ? 0 : Enumerable.Range(0, 4).Single(i => held.Votes.All(vote => vote.Validator != i));
        byte[] signed = SignBytes.Vote(_before.Chain, held.Height, held.Round, VoteStep.Precommit, held.Block);
        ImmutableArray<CommitVote> votes = held.Votes.Length == 4
            ? held.Votes.RemoveAt(absent)
            : [.. held.Votes.Append(new CommitVote(
                absent, VirtualCluster.VoteKeyOf(absent).Sign(signed, new byte[MlDsa65.RandomizerBytes])))
                .OrderBy(vote => vote.Validator)];
        Commit other = held with { Votes = votes };
        Assert.NotEqual(held.Digest, other.Digest);

        Assert.Equal("", Fault(Named(other), before: other));
        Commit two = other with { Votes = [.. other.Votes.Take(2)] };
        Assert.Equal("the votes in the commit are not more than two thirds of the voting power", Fault(Named(two), before: two));
        Commit rotten = other with { Votes = [other.Votes[0] with { Signature = other.Votes[1].Signature }, .. other.Votes[1..]] };
        Assert.Equal("the signature of validator 0 under the commit is not sound", Fault(Named(rotten), before: rotten));
        Assert.Equal("the commit before it is not the one that it names", Fault(Named(other), before: held));
    }

    [Fact]
    public void Proof_of_a_contradiction_is_valid_once_and_only_against_a_validator()
    {
        byte[] file = Contradiction(signer: 3, new Height(1));
        Assert.Equal("", FaultOfMisbehaviour(file));

        Assert.Equal("misbehaviour: this contradiction stands in the chain already", FaultOfMisbehaviour(file, file));
        Assert.Equal(
            "misbehaviour: not of a validator, or of a height to come", FaultOfMisbehaviour(Contradiction(7, new Height(1))));
        Assert.Equal(
            "misbehaviour: not of a validator, or of a height to come",
            FaultOfMisbehaviour(Contradiction(3, _before.Height.Next.Next)));
        byte[] unsigned = [.. file];
        unsigned[^100] ^= 1;
        Assert.Equal("misbehaviour: a statement is not signed by the key", FaultOfMisbehaviour(unsigned));
        Assert.StartsWith("misbehaviour: no misbehaviour file: ", FaultOfMisbehaviour(file[..^1]));

        StoreBatch batch = new();
        Assert.True(MisbehaviourFile.TryParse(file, out MisbehaviourFile parsed, out _));
        batch.Put(
            Table.Misbehaviour, StoreKeys.Offence(parsed.Signer, MisbehaviourFile.Read(parsed.First)),
            StoreKeys.Of(new Height(1)));
        _store.Raw.Write(batch);
        Assert.Equal("misbehaviour: this contradiction stands in the chain already", FaultOfMisbehaviour(file));
    }

    [Fact]
    public void A_contradiction_of_a_thousand_heights_ago_is_in_time_and_an_older_one_is_not()
    {
        byte[] file = Contradiction(signer: 3, new Height(1));
        ChainHead inTime = _before with { Height = new Height(Limits.MisbehaviourBlocks - 1) };
        Assert.Equal("", FaultOfMisbehaviour(inTime, file));
        Assert.Equal(
            "misbehaviour: older than misbehaviour in a block may be",
            FaultOfMisbehaviour(inTime with { Height = inTime.Height.Next }, file));
    }

    private static byte[] Contradiction(int signer, Height height)
    {
        SigningKey key = VirtualCluster.VoteKeyOf(signer);
        ChainId chain = new VirtualCluster(seed: 5, nodes: 4).Genesis.Chain;
        return MisbehaviourFile.Of(key.PublicKey, Statement(null), Statement(new BlockId(Digest.Of("block"u8)))).Encode();

        SignedStatement Statement(BlockId? block)
        {
            byte[] bytes = SignBytes.Vote(chain, height, Round.Zero, VoteStep.Prevote, block);
            return new SignedStatement(bytes, key.Sign(bytes, new byte[MlDsa65.RandomizerBytes]));
        }
    }

    private Header Named(Commit commit) => _block.Header with { Commit = commit.Digest };

    private string Fault(Header header, Commit? before = null, VerifiedRecord[]? records = null)
    {
        BlockReplay.TryExecute(
            _store, _before, header, _block.Body, before ?? Before, records ?? _records, out string fault);
        return fault;
    }

    private string FaultOfEmpty(ChainHead head, UnixTime time)
    {
        Header header = new BlockExecutor(_store, head).Finish(time, _block.Header.Proposer, Before).Header;
        BlockReplay.TryExecute(_store, head, header, BlockBody.Empty, Before, [], out string fault);
        return fault;
    }

    private string FaultOfMisbehaviour(params ReadOnlyMemory<byte>[] files) => FaultOfMisbehaviour(_before, files);

    private string FaultOfMisbehaviour(ChainHead head, params ReadOnlyMemory<byte>[] files)
    {
        BlockBody body = new([], [.. files]);
        BlockExecutor executor = new(_store, head);
        foreach (ReadOnlyMemory<byte> file in files)
        {
            executor.TryAddMisbehaviour(file);
        }

        Header header = executor.Finish(_block.Header.Time, _block.Header.Proposer, Before).Header;
        BlockReplay.TryExecute(_store, head, header with { Body = body.Digest }, body, Before, [], out string fault);
        return fault;
    }
}
