using Ledger.Network.Chain;
using Ledger.Network.Tests.TestKit;
using Ledger.Runtime.Ports;
using PortLimits = Ledger.Runtime.Ports.PeerLimits;

namespace Ledger.Network.Tests.Chain;

/// <summary>What one peer of a chain asks another, over real connections.</summary>
[Trait("Tier", "process")]
public sealed class ChainQuestionTests
{
    public static TheoryData<Question> Every => [.. Enum.GetValues<Question>()];

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_question_is_answered_and_where_there_is_no_answer_comes_back_without(Question question)
    {
        (ChainNode here, ChainNode there) = await PairAsync();
        byte[] content = ChainNode.Content(1, ChainProtocols.Of("", question).RequestBytesMax);
        byte[] expected = [(byte)question, .. content];
        Assert.Equal(expected, await here.AskAsync(there, question, content));
        Assert.Equal((here.Identity, question, content.Length), Assert.Single(there.Questions));
        byte[]? answer = await here.AskAsync(there, question, []);
        Assert.Equal((byte)question, Assert.Single(answer!));
        Assert.Null(await here.AskAsync(there, question, [ChainNode.Unknown]));
        // The other way round, over the same connection.
        Assert.Equal([(byte)question, 2], await there.AskAsync(here, question, [2]));
        await ChainNode.EndAsync(here, there);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_question_beyond_its_limit_is_refused(Question question)
    {
        byte[] content = new byte[ChainProtocols.Of("", question).RequestBytesMax + 1];
        content[0] = 1;
        (ChainNode here, ChainNode there) = await PairAsync(new BrokenChainRules.QuestionsHaveNoLimit());
        Assert.NotNull(await here.AskAsync(there, question, content[..^1]));
        Assert.Null(await here.AskAsync(there, question, content));
        Assert.Single(there.Questions);
        Assert.Throws<ArgumentException>(() => there.Peers.Ask(here.Identity, question, content, _ => { }));
        await ChainNode.EndAsync(here, there);

        (here, there) = await PairAsync(
            new BrokenChainRules.QuestionsHaveNoLimit(), new BrokenChainRules.QuestionsHaveNoLimit());
        Assert.NotNull(await here.AskAsync(there, question, content));
        await ChainNode.EndAsync(here, there);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task An_answer_beyond_its_limit_is_not_sent(Question question)
    {
        (ChainNode here, ChainNode there) = await PairAsync();
        int max = ChainProtocols.Of("", question).ResponseBytesMax;
        Assert.InRange(max, 1, PortLimits.AnswerBytes);
        Assert.Equal(max, (await here.AskAsync(there, question, Long(max)))?.Length);
        Assert.Null(await here.AskAsync(there, question, Long(max + 1)));
        Assert.Equal(1, there.Peers.AnswersTooLong);
        await ChainNode.EndAsync(here, there);

        static byte[] Long(int bytes) => [ChainNode.Long, .. BitConverter.GetBytes(bytes)];
    }

    [Fact]
    public async Task A_peer_beyond_its_rate_is_refused_and_counted()
    {
        ChainNode there = ChainNode.Start(rules: new BrokenChainRules.OneQuestionASecond());
        ChainNode here = ChainNode.Start([there]);
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 1, "a connection");
        List<byte[]?> answers = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                answers.AddRange(await Task.WhenAll(
                    Enumerable.Range(0, 4).Select(_ => here.AskAsync(there, Question.Records, [1]))));
                return answers.Any(answer => answer is null);
            },
            "a refusal");
        Assert.Contains(answers, answer => answer is not null);
        Assert.Equal(answers.Count(answer => answer is null), Assert.Single(there.Peers.Peers).Refused);
        await ChainNode.EndAsync(here, there);
    }

    [Fact]
    public async Task More_questions_at_once_than_a_peer_serves_come_back_without_an_answer()
    {
        (ChainNode here, ChainNode there) = await PairAsync();
        int max = ChainProtocols.Of("", Question.Records).AtOncePerPeer;
        Task<byte[]?>[] open = [.. Enumerable.Range(0, max)
            .Select(_ => here.AskAsync(there, Question.Records, [ChainNode.Unanswered]))];
        await Eventually.HoldsAsync(() => there.Questions.Count == max, "all questions");
        Assert.Null(await here.AskAsync(there, Question.Records, [1]));
        Assert.Equal(0, Assert.Single(there.Peers.Peers).Refused);
        Assert.NotNull(await here.AskAsync(there, Question.Blocks, [1]));
        await here.DisposeAsync();
        Assert.All(await Task.WhenAll(open), answer => Assert.Null(answer));
        await ChainNode.EndAsync(there);
    }

    [Fact]
    public async Task Whoever_asks_a_dead_peer_a_stranger_or_while_stopping_gets_no_answer_once()
    {
        (ChainNode here, ChainNode there) = await PairAsync();
        Task<byte[]?> unanswered = here.AskAsync(there, Question.Position, [ChainNode.Unanswered]);
        await Eventually.HoldsAsync(() => there.Questions.Count == 1, "the question");
        await there.DisposeAsync();
        Assert.Null(await unanswered);
        await Eventually.HoldsAsync(() => here.Peers.Connected.IsEmpty, "the end of the connection");
        Assert.Null(await here.AskAsync(there, Question.Head, [1]));
        Assert.Null(await here.AskAsync(PeerIdentity.Of([1, 2]), Question.Head, [1]));
        await here.DisposeAsync();
        Assert.Null(await here.AskAsync(there, Question.Head, [1]));
        Assert.Equal(0, here.Peers.TaskCount + there.Peers.TaskCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_asked_when_this_node_stops_comes_back_without_an_answer(bool sound)
    {
        ChainNode there = ChainNode.Start();
        ChainNode here = ChainNode.Start([there], sound ? null : new BrokenChainRules.FailureIsSilence());
        await Eventually.HoldsAsync(() => here.Peers.Connected.Length == 1, "a connection");
        int calls = 0;
        here.Peers.Ask(
            there.Identity,
            Question.Blocks,
            new byte[] { ChainNode.Unanswered },
            _ => Interlocked.Increment(ref calls));
        await Eventually.HoldsAsync(() => there.Questions.Count == 1, "the question");
        Assert.Equal(0, calls);
        await here.DisposeAsync();
        Assert.Equal(sound ? 1 : 0, calls);
        await ChainNode.EndAsync(there);
    }

    private static async Task<(ChainNode Here, ChainNode There)> PairAsync(
        ChainRules? here = null, ChainRules? there = null)
    {
        ChainNode answering = ChainNode.Start(rules: there);
        ChainNode asking = ChainNode.Start([answering], here);
        await Eventually.HoldsAsync(
            () => asking.Peers.Connected.Length == 1 && answering.Peers.Connected.Length == 1, "a connection");
        return (asking, answering);
    }
}
