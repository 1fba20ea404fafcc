namespace Ledger.Client;

/// <summary>What went wrong between a client and a node.</summary>
public enum NodeError
{
    /// <summary>No answer, for as long as the client is patient.</summary>
    Unreachable,

    /// <summary>The node answered with a problem document.</summary>
    Refused,

    /// <summary>What answered is no node of this kind, or one of another version.</summary>
    Misunderstood,
}

/// <summary>A node did not do what it was asked; the message says what to do.</summary>
public sealed class NodeException : Exception
{
    internal NodeException(NodeError error, string message, NodeProblem? problem = null, Exception? inner = null)
        : base(message, inner) => (Error, Problem) = (error, problem);

    public NodeError Error { get; }

    /// <summary>The problem document, if the node sent one.</summary>
    public NodeProblem? Problem { get; }

    /// <summary>Of the record in its stream that was refused, if the problem is one record's.</summary>
    public ulong? Seq { get; internal init; }

    internal static NodeException Refused(NodeProblem problem, ulong? seq = null)
    {
        string which = seq is { } number ? $"Record {number}: " : "";
        string why = problem.Reason is { } reason ? $" ({reason})" : "";
        string message = $"{which}{problem.Title}{why}. {problem.Detail}";
        return new NodeException(NodeError.Refused, message, problem) { Seq = seq };
    }
}
