using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>An operator's stream: a key of its own and a chain file, written through the SDK.</summary>
internal sealed class OperatorStream : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly SigningKey _key;
    private readonly StreamSealer _sealer;

    private OperatorStream(TempFolder folder, SigningKey key, StreamSealer sealer)
    {
        (_folder, _key, _sealer) = (folder, key, sealer);
    }

    public StreamId Id => _sealer.Stream;

    public string ChainFile => _sealer.ChainFile;

    /// <summary>The key file of the stream's recovery key, without a passphrase.</summary>
    public string RecoveryFile => _folder.Of("recovery.key");

    /// <summary>The genesis record and as many more as asked for.</summary>
    public static async Task<OperatorStream> CreateAsync(int more = 0)
    {
        TempFolder folder = new();
        SigningKey key = KeyStore.Create(folder.Of("operator.key"), "");
        using SigningKey recovery = KeyStore.Create(folder.Of("recovery.key"), "");
        StreamSealer sealer = await StreamSealer.CreateAsync(
            folder.Of("stream.oar"), key, "operator-1", Body.Genesis(key.PublicKey.Span, "end-to-end", recovery.Id),
            default);
        OperatorStream stream = new(folder, key, sealer);
        for (int i = 0; i < more; i++)
        {
            await stream.SealAsync();
        }

        return stream;
    }

    public Task<Records.Record> SealAsync() =>
        _sealer.SealAsync(RecordKind.Gap, Body.Gap(GapType.Offline, "for the test"), "end-to-end", null, default);

    /// <summary>Sends what the node lacks, and waits until all of it has reached the state.</summary>
    public Task<SubmitSummary> SubmitAsync(Devnet net, SubmitWait wait) => SubmitAsync(net.Address, wait);

    /// <inheritdoc cref="SubmitAsync(Devnet, SubmitWait)"/>
    public async Task<SubmitSummary> SubmitAsync(Uri node, SubmitWait wait)
    {
        using NodeClient client = new(node);
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(4));
        return await client.SubmitChainAsync(ChainFile, wait, progress: null, patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _sealer.DisposeAsync();
        _key.Dispose();
        _folder.Dispose();
    }
}
