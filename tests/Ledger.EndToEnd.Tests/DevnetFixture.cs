using Ledger.Client;
using Ledger.Core;
using Ledger.EndToEnd.Tests.Network;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>One network for all tests of the collection, with one anchored stream of five records.</summary>
public sealed class DevnetFixture : IAsyncLifetime
{
    internal const int Records = 5;

    internal Devnet Net { get; private set; } = null!;

    internal OperatorStream Stream { get; private set; } = null!;

    internal SubmitSummary Settled { get; private set; } = null!;

    internal SubmitSummary Anchored { get; private set; } = null!;

    /// <summary>Evidence of the newest record alone: the smallest file.</summary>
    internal byte[] RecordEvidence { get; private set; } = [];

    internal byte[] RangeEvidence { get; private set; } = [];

    internal byte[] StreamEvidence { get; private set; } = [];

    public async Task InitializeAsync()
    {
        if (Needs.Missing("bitcoind", "rocksdb") is not null)
        {
            return; // each test says so itself
        }

        Net = await Devnet.StartAsync();
        Stream = await OperatorStream.CreateAsync(Records - 1);
        Settled = await Stream.SubmitAsync(Net, SubmitWait.Settled);
        Anchored = await Stream.SubmitAsync(Net, SubmitWait.Anchored);
        using NodeClient client = Net.Client();
        Assert.True(RecordId.TryParseHex(Anchored.Last.Id, out RecordId last));
        RecordEvidence = await client.GetEvidenceAsync(last, default);
        RangeEvidence = await client.GetEvidenceAsync(Stream.Id, from: 1, to: 3, default);
        StreamEvidence = await client.GetEvidenceAsync(Stream.Id, from: null, to: null, default);
    }

    public async Task DisposeAsync()
    {
        if (Stream is not null)
        {
            await Stream.DisposeAsync();
        }

        if (Net is not null)
        {
            await Net.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class OneDevnet : ICollectionFixture<DevnetFixture>
{
    internal const string Name = "one devnet";
}
