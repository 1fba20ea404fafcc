using System.Globalization;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Simulator;

namespace Ledger.Consensus.Tests.Stories;

/// <summary>
/// A directed story: commands, each followed by what nodes say and do because of it. Chance is ruled out; a message
/// takes two milliseconds, and nothing goes wrong but what a command breaks. The commands are in consensus/README.md.
/// </summary>
internal sealed class Story
{
    private const string Prompt = "> ";
    private const string Broken = "BROKEN";

    private readonly StoryBug _bug;
    private readonly List<(string What, int Of, HashSet<int> To)> _held = [];
    private World _world = null!;
    private Checker _checker = null!;
    private SimulatedNode?[] _nodes = [];
    private Height _wanted = new(1);

    private Story(StoryBug bug) => _bug = bug;

    /// <summary>The same text with the transcript that it gives under a bug, or under none.</summary>
    public static string Tell(string text, StoryBug bug)
    {
        var story = new Story(bug);
        var told = new List<string>();
        bool broken = false;
        string[] lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            bool isExpectation = !lines[i].StartsWith(Prompt, StringComparison.Ordinal)
                && !lines[i].StartsWith('#') && lines[i].Length > 0;
            if (isExpectation)
            {
                continue;
            }

            told.Add(lines[i]);
            if (lines[i].StartsWith(Prompt, StringComparison.Ordinal) && !broken)
            {
                broken = !story.TryDo(lines[i][Prompt.Length..], told);
            }
        }

        return string.Join('\n', told) + "\n";
    }

    private bool TryDo(string command, List<string> told)
    {
        bool holds = true;
        try
        {
            Do(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
        catch (InvariantBrokenException broken)
        {
            _world.Transcript.Add($"{Broken} {broken.Invariant}");
            holds = false;
        }

        told.AddRange(_world.Transcript);
        _world.Transcript.Clear();
        return holds;
    }

    private void Do(string[] words)
    {
        switch (words)
        {
            case ["network", var count, .. var rest]:
                Found(Number(count), rest is ["liars", .. var liars] ? [.. liars.Select(Node)] : []);
                break;
            case ["start", .. var names]:
                Each(names, node => node.Boot());
                break;
            case ["wait", var ms]:
                _world.RunUntil(_world.NowMs + Number(ms));
                break;
            case ["skip", var ms]:
                Skip(Number(ms));
                break;
            case ["want", var height]:
                _wanted = new Height((ulong)Number(height));
                Each([], node => node.WorkUpTo = _wanted);
                break;
            case ["hold", var what, "of", var author, "to", .. var receivers]:
                _held.Add((what, Node(author), [.. receivers.Select(Node)]));
                break;
            case ["release"]:
                _held.Clear();
                break;
            case ["crash", .. var names]:
                Each(names, node => node.Crash());
                break;
            case ["backup", var name]:
                Each([name], node => node.Disk.Back());
                break;
            case ["restore", var name]:
                Each([name], node => node.BootFromBackup());
                break;
            case ["fill", "disk", "of", var name, "for", var ms]:
                Each([name], node => node.Disk.FullUntilMs = _world.NowMs + Number(ms));
                break;
            case ["state"]:
                Each([], Describe);
                break;
            default:
                Lie(words);
                break;
        }
    }

    /// <summary>What a liar says, and to whom.</summary>
    private void Lie(string[] words)
    {
        switch (words)
        {
            case [var liar, "builds", var name, "for", var height, .. var faults]:
                long ahead = faults is ["ahead", var ms] ? Number(ms) : 0;
                SimulatedBlock built = _world.NewBlock(
                    new Height((ulong)Number(height)),
                    new UnixTime(_world.Clock.Milliseconds + (ulong)ahead),
                    valid: !faults.Contains("invalid"),
                    served: !faults.Contains("unserved"));
                if (built.Name != name)
                {
                    throw new FormatException($"The next block is {built.Name}.");
                }

                break;
            case [var liar, "prevotes" or "precommits", var block, "in", var at, "to", .. var receivers]:
                Send(liar, receivers, new VoteWire(Vote(Node(liar), words[1], block, at)));
                break;
            case [var liar, "proposes", var block, "in", var at, "to", .. var receivers]:
                Send(liar, receivers, new ProposalWire(Propose(Node(liar), block, at, null)));
                break;
            case [var liar, "proposes", var block, "in", var at, "valid", var round, "to", .. var receivers]:
                Send(liar, receivers, new ProposalWire(Propose(Node(liar), block, at, new Round((uint)Number(round)))));
                break;
            default:
                throw new FormatException($"'{string.Join(' ', words)}' is no command.");
        }
    }

    private void Found(int count, int[] liars)
    {
        _world = new World(new Plan(count, liars)) { KeepTranscript = true };
        _checker = new Checker(_world);
        _nodes = [.. Enumerable.Range(0, count).Select(index => liars.Contains(index)
            ? null
            : new SimulatedNode(_world, _checker, index, _bug) { WorkUpTo = _wanted })];
        _world.Deliver = (from, to, wire) => _nodes[to]?.Receive(from, wire);
        _world.Hold(IsHeld);
    }

    /// <summary>A long time of which only the end is told.</summary>
    private void Skip(long ms)
    {
        _world.KeepTranscript = false;
        _world.RunUntil(_world.NowMs + ms);
        _world.KeepTranscript = true;
        Each([], Describe);
    }

    private bool IsHeld(int from, int to, Wire wire)
    {
        (string what, int author) = wire switch
        {
            ProposalWire said => ("proposals", said.Proposal.Proposer.Value),
            VoteWire { Vote: var vote } =>
                (vote.Vote.Step == VoteStep.Prevote ? "prevotes" : "precommits", vote.Validator.Value),
            CommitWire => ("commits", from),
            HeadWire => ("heads", from),
            _ => ("questions", from),
        };
        return _held.Exists(held =>
            held.To.Contains(to) && held.Of == author && (held.What == what || held.What == "everything"));
    }

    private void Describe(SimulatedNode node)
    {
        Replica? replica = node.Replica;
        BlockId? locked = replica?.LockedBlock;
        if (replica is null)
        {
            _world.Say(node.Index, $"is down, {node.Settled} settled");
            return;
        }

        _world.Say(
            node.Index,
            $"is at {replica.Height}/{replica.Round}, {replica.Phase}, locked on {_world.NameOf(locked)}");
    }

    private void Each(string[] names, Action<SimulatedNode> action)
    {
        foreach (SimulatedNode? node in _nodes)
        {
            if (node is not null && (names.Length == 0 || names.Contains($"n{node.Index}")))
            {
                action(node);
            }
        }
    }

    private void Send(string liar, string[] receivers, Wire wire)
    {
        foreach (int receiver in receivers.Select(Node))
        {
            _world.Send(Node(liar), receiver, wire);
        }
    }

    private SignedVote Vote(int liar, string verb, string block, string at)
    {
        (Height height, Round round) = Place(at);
        var vote = new Vote(height, round, verb == "prevotes" ? VoteStep.Prevote : VoteStep.Precommit, Block(block));
        _checker.OnLiarSigned(liar, vote);
        return World.Sign(liar, vote, new ValidatorIndex(liar));
    }

    private SignedProposal Propose(int liar, string block, string at, Round? valid)
    {
        (Height height, Round round) = Place(at);
        var said = new Proposal(height, round, valid, Block(block)!.Value);
        _checker.OnLiarSigned(liar, said);
        return _world.Sign(liar, said, new ValidatorIndex(liar));
    }

    private BlockId? Block(string name) => name == "nil"
        ? null
        : (_world.FindBlock(name) ?? throw new FormatException($"There is no block {name}.")).Id;

    private static (Height Height, Round Round) Place(string at) =>
        at.Split('/') is [var height, var round]
            ? (new Height((ulong)Number(height)), new Round((uint)Number(round)))
            : throw new FormatException($"'{at}' is no height/round.");

    private static int Node(string name) => Number(name.TrimStart('n'));

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
