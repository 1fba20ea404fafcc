namespace Ledger.Records.Bodies;

public enum ActorType
{
    Human,
    Service,
    Agent,
}

public enum OutcomeStatus
{
    Executed,
    Refused,
    Blocked,
    Failed,
    TimedOut,
    Abandoned,
}

/// <summary>What a change of model may change: no silent swap of any of them.</summary>
public enum ModelPart
{
    Model,
    Weights,
    Adapter,
    Prompt,
    Corpus,
    Filter,
    Sampling,
    Provider,
}

public enum GapType
{
    /// <summary>Records were made, but no node could be reached.</summary>
    Offline,

    /// <summary>Acts took place without records.</summary>
    Unrecorded,

    /// <summary>The clock was wrong and is set back.</summary>
    Clock,
}

/// <summary>The words that stand in records for the members of these enumerations.</summary>
public static class BodyWords
{
    public static string Word(this ActorType type) => type switch
    {
        ActorType.Human => "human",
        ActorType.Service => "service",
        ActorType.Agent => "agent",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static string Word(this OutcomeStatus status) => status switch
    {
        OutcomeStatus.Executed => "executed",
        OutcomeStatus.Refused => "refused",
        OutcomeStatus.Blocked => "blocked",
        OutcomeStatus.Failed => "failed",
        OutcomeStatus.TimedOut => "timed-out",
        OutcomeStatus.Abandoned => "abandoned",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    public static string Word(this ModelPart part) => part switch
    {
        ModelPart.Model => "model",
        ModelPart.Weights => "weights",
        ModelPart.Adapter => "adapter",
        ModelPart.Prompt => "prompt",
        ModelPart.Corpus => "corpus",
        ModelPart.Filter => "filter",
        ModelPart.Sampling => "sampling",
        ModelPart.Provider => "provider",
        _ => throw new ArgumentOutOfRangeException(nameof(part)),
    };

    public static string Word(this GapType type) => type switch
    {
        GapType.Offline => "offline",
        GapType.Unrecorded => "unrecorded",
        GapType.Clock => "clock",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
