using System.Buffers.Binary;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;

namespace Ledger.TestKit;

/// <summary>A network of one validator with keys from fixed seeds.</summary>
public static class TestNetwork
{
    public static SigningKey VoteKey { get; } = SigningKey.FromSeed(Seed(1));

    public static SigningKey StreamKey { get; } = SigningKey.FromSeed(Seed(2));

    public static SigningKey GovernanceKey { get; } = SigningKey.FromSeed(Seed(3));

    /// <summary>More than any test uses up.</summary>
    public static SponsorQuota Generous { get; } = new(10_000_000_000, 10_000_000, 10_000);

    /// <summary>Anybody may open a stream.</summary>
    public static GenesisDocument Genesis { get; } = With(admission => admission);

    /// <summary>The same network with another admission policy or other parameters.</summary>
    public static GenesisDocument With(
        Func<Admission, Admission> change, Parameters? parameters = null, params Validator[] more) => new()
    {
        Name = "solo",
        Time = new UnixTime(1_700_000_000_000),
        Bitcoin = "regtest",
        Configuration = new Configuration
        {
            Validators =
            [
                new Validator
                {
                    Name = "alpha",
                    Peer = ReadOnlyMemory<byte>.Empty,
                    VoteKey = VoteKey.PublicKey,
                    Power = 1,
                    Stream = new StreamId(StreamKey.Id.Value),
                    GovernanceKey = GovernanceKey.PublicKey,
                },
                .. more,
            ],
            Observers = [],
            Admission = change(new Admission
            {
                IsOpen = true,
                Open = Generous,
                Roots = 1_000,
                Member = Generous,
                Stream = new StreamQuota(Generous.Bytes, Generous.Records),
                Window = 1_000,
                Members = [],
            }),
            Parameters = parameters ?? new Parameters(),
            Change = 0,
        },
    };

    /// <summary>A validator whose keys are of the three numbers from this one on.</summary>
    public static Validator Another(string name, int number)
    {
        using SigningKey vote = SigningKey.FromSeed(Seed(number)), stream = SigningKey.FromSeed(Seed(number + 1)),
            governance = SigningKey.FromSeed(Seed(number + 2));
        return new Validator
        {
            Name = name,
            Peer = ReadOnlyMemory<byte>.Empty,
            VoteKey = vote.PublicKey,
            Power = 1,
            Stream = new StreamId(stream.Id.Value),
            GovernanceKey = governance.PublicKey,
        };
    }

    /// <summary>Seed of the key of that number.</summary>
    public static byte[] Seed(int number)
    {
        byte[] seed = new byte[MlDsa65.SeedBytes];
        BinaryPrimitives.WriteInt32BigEndian(seed, number);
        return seed;
    }
}
