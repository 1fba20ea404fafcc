using System.Diagnostics.CodeAnalysis;

namespace Ledger.Bitcoin.Rpc;

/// <summary>What went wrong between us and the Bitcoin node, as far as a caller would act differently.</summary>
public enum BitcoinErrorKind
{
    /// <summary>Nobody answers at the address: daemon down, wrong port, connection lost.</summary>
    Unreachable,

    /// <summary>No whole answer within the time-out; the daemon may still act on the request.</summary>
    TimedOut,

    /// <summary>User, password or cookie is wrong, or the cookie file cannot be read.</summary>
    Unauthorized,

    /// <summary>The daemon's queue of requests is full.</summary>
    Busy,

    /// <summary>The daemon is up but still reads its block index.</summary>
    WarmingUp,

    /// <summary>The wallet of that name is not loaded, or does not exist.</summary>
    WalletNotLoaded,

    /// <summary>The wallet needs its passphrase before it signs.</summary>
    WalletLocked,

    /// <summary>The wallet cannot pay the amount and the fee.</summary>
    InsufficientFunds,

    /// <summary>The transaction, block or replacement breaks a rule of consensus or relay.</summary>
    Rejected,

    /// <summary>The transaction is in the chain already.</summary>
    AlreadyMined,

    /// <summary>No such block, transaction, height or estimate.</summary>
    NotFound,

    /// <summary>The daemon does not know the call, or refuses its arguments.</summary>
    InvalidRequest,

    /// <summary>The answer is not what the call promises.</summary>
    MalformedReply,

    /// <summary>The answer is longer than the call can need.</summary>
    ReplyTooLarge,

    /// <summary>Answers that contradict each other or their own hashes.</summary>
    InconsistentReply,

    /// <summary>A daemon that we were to start did not come up.</summary>
    NotStarted,

    /// <summary>Any other error that the daemon reports.</summary>
    Other,
}

/// <summary>A failed call, as a value.</summary>
/// <param name="Call">The JSON-RPC method, or the step that failed.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Code">The daemon's own error code, where it gave one (<c>rpc/protocol.h</c>).</param>
public sealed record BitcoinError(BitcoinErrorKind Kind, string Call, string Message, int? Code = null)
{
    /// <summary>True where the same call may succeed later without anybody doing anything.</summary>
    public bool IsTransient => Kind is BitcoinErrorKind.Unreachable or BitcoinErrorKind.TimedOut
        or BitcoinErrorKind.Busy or BitcoinErrorKind.WarmingUp;

    public override string ToString() => Code is int code
        ? $"{Call}: {Message} ({Kind}, code {code})"
        : $"{Call}: {Message} ({Kind})";
}

/// <summary>The value of a call, or why there is none.</summary>
public readonly struct BitcoinResult<T>
    where T : notnull
{
    private readonly T? _value;
    private readonly BitcoinError? _error;

    private BitcoinResult(T? value, BitcoinError? error)
    {
        _value = value;
        _error = error;
    }

    public bool IsSuccess => _error is null;

    /// <summary>The error, or null.</summary>
    public BitcoinError? Error => _error;

    /// <summary>The value; asking a failed call for it is a mistake of the caller and throws.</summary>
    public T Value => _error is null ? _value! : throw new InvalidOperationException($"The call failed: {_error}");

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out BitcoinError? error)
    {
        value = _value;
        error = _error;
        return error is null;
    }

    public static implicit operator BitcoinResult<T>(T value) => new(value, null);

    public static implicit operator BitcoinResult<T>(BitcoinError error) => new(default, error);
}
