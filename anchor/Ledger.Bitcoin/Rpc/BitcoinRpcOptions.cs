using System.Text;

namespace Ledger.Bitcoin.Rpc;

/// <summary>How we show the daemon who we are.</summary>
public abstract record RpcCredentials
{
    private RpcCredentials()
    {
    }

    /// <summary>User and password as in the daemon's <c>rpcauth</c> or <c>rpcuser</c> settings.</summary>
    public sealed record Password(string User, string Secret) : RpcCredentials
    {
        public override string ToString() => $"password of {User}";
    }

    /// <summary>
    /// The <c>.cookie</c> file that the daemon writes anew at each start; read anew after each refusal.
    /// </summary>
    public sealed record CookieFile(string Path) : RpcCredentials;

    /// <summary>The pair <c>user:password</c>, or null where the cookie file cannot be read.</summary>
    internal string? Read()
    {
        switch (this)
        {
            case Password password:
                return $"{password.User}:{password.Secret}";
            case CookieFile cookie:
                try
                {
                    string text = File.ReadAllText(cookie.Path, Encoding.UTF8).Trim();
                    return text.Length is > 0 and < 1_024 && text.Contains(':', StringComparison.Ordinal) ? text : null;
                }
                catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
                {
                    return null;
                }

            default:
                throw new InvalidOperationException($"Unknown credentials {GetType()}.");
        }
    }
}

/// <summary>Where the operator's Bitcoin node is and how it is spoken to.</summary>
public sealed record BitcoinRpcOptions
{
    /// <summary>For example <c>http://127.0.0.1:8332/</c>.</summary>
    public required Uri Address { get; init; }

    public required RpcCredentials Credentials { get; init; }

    /// <summary>Name of the wallet that pays for anchors; empty is the daemon's unnamed wallet.</summary>
    public string Wallet { get; init; } = "";

    /// <summary>For one call, connecting included.</summary>
    public TimeSpan TimeOut { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For calls that read the whole chain state or mine.</summary>
    public TimeSpan LongTimeOut { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Connections kept at once; the daemon's own default is a queue of 16 requests for 4 threads.</summary>
    public int Connections { get; init; } = 4;
}
