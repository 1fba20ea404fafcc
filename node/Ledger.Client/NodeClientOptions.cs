namespace Ledger.Client;

/// <summary>How patient a client is.</summary>
public sealed record NodeClientOptions
{
    /// <summary>How long a submission goes on trying while a node is gone, busy, or a quota is used up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same for a question that changes nothing.</summary>
    public TimeSpan ReadPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long one answer may take.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>In place of the platform's sockets; the client disposes of it.</summary>
    public HttpMessageHandler? Handler { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}
