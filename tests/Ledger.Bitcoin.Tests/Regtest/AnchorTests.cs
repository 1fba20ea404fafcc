using System.Text.Json.Nodes;
using Ledger.Bitcoin.Regtest;
using Ledger.Bitcoin.Rpc;
using Ledger.Core;
using Ledger.Proofs.Spv;
using Ledger.TestKit;

namespace Ledger.Bitcoin.Tests.Regtest;

[Trait("Tier", "process")]
public sealed class AnchorTests : RegtestTests
{
    private static readonly BlockId Block = new(Digest.Of("a Ledger block"u8));

    [FactThatNeeds("bitcoind")]
    public async Task A_block_id_is_anchored_and_proven_under_the_root_that_bitcoind_names()
    {
        RegtestDaemon daemon = await StartAsync();
        var wallet = new AnchorWallet(daemon.Rpc);
        AnchorTransaction anchor = await SendAsync(wallet);
        Assert.NotEqual(anchor.Raw.Length, anchor.Stripped.Length);
        MempoolEntry entry = (await daemon.Rpc.GetMempoolEntryAsync(anchor.Id)).Value;
        Assert.Equal((anchor.VirtualSize, anchor.Fee), (entry.VirtualSize, entry.Fee));
        Assert.True(entry.Replaceable);
        Assert.Equal(AnchorState.Waiting, (await wallet.FindAsync(anchor.Id)).Value.State);
        Assert.Equal(anchor.Raw.ToArray(), (await daemon.Rpc.GetRawTransactionAsync(anchor.Id)).Value);

        BitcoinBlockHash holder = (await daemon.MineAsync()).Value[0];
        AnchorStatus mined = (await wallet.FindAsync(anchor.Id)).Value;
        Assert.Equal((AnchorState.Mined, 1L, holder), (mined.State, mined.Confirmations, mined.Block!.Value));
        Assert.Equal(anchor.Raw.ToArray(), (await daemon.Rpc.GetRawTransactionAsync(anchor.Id, holder)).Value);

        SpvProof proof = await ProveAsync(daemon, anchor.Id, holder);
        Assert.True(proof.TryVerify(BitcoinNetwork.Regtest, Block, null, out VerifiedCommitment? commitment, out _));
        Assert.Equal((anchor.Id, holder), (commitment.Transaction, commitment.Header.Hash));
        Assert.Equal(mined.Height, proof.Height);
        Assert.Equal((await daemon.Rpc.GetBlockAsync(holder)).Value.MerkleRoot, commitment.Header.MerkleRoot);

        Assert.False(proof.TryVerify(BitcoinNetwork.Main, Block, null, out _, out SpvError error));
        Assert.Equal(SpvStep.Floor, error.Step);
    }

    [FactThatNeeds("bitcoind")]
    public async Task One_anchor_among_many_transactions_is_proven_at_its_place()
    {
        RegtestDaemon daemon = await StartAsync(blocks: 115);
        var wallet = new AnchorWallet(daemon.Rpc);
        for (int i = 0; i < 12; i++)
        {
            Assert.True((await daemon.CallAsync("sendtoaddress", [await AddressAsync(daemon), 1])).IsSuccess);
        }

        AnchorTransaction anchor = await SendAsync(wallet);
        BitcoinBlockHash holder = (await daemon.MineAsync()).Value[0];
        SpvProof proof = await ProveAsync(daemon, anchor.Id, holder);

        BlockSummary summary = (await daemon.Rpc.GetBlockAsync(holder)).Value;
        Assert.Equal(14, summary.Transactions.Length);
        Assert.Equal(4, proof.Branch.Length);
        Assert.Equal(anchor.Id, summary.Transactions[(int)proof.Index.Value]);
    }

    [FactThatNeeds("bitcoind")]
    public async Task An_anchor_kept_before_it_was_sent_is_sent_again_after_a_crash_and_paid_once()
    {
        RegtestDaemon first = await StartAsync();
        AnchorTransaction anchor = (await new AnchorWallet(first.Rpc).BuildAsync(Block, null)).Value;
        first.Kill();

        RegtestDaemon second = await StartAsync();
        var wallet = new AnchorWallet(second.Rpc);
        Assert.Equal(anchor.Id, (await wallet.BroadcastAsync(anchor)).Value);
        Assert.Equal(anchor.Id, (await wallet.BroadcastAsync(anchor)).Value);
        BitcoinBlockHash holder = (await second.MineAsync()).Value[0];
        Assert.Equal(anchor.Id, (await wallet.BroadcastAsync(anchor)).Value);
        Assert.Equal(2, (await second.Rpc.GetBlockAsync(holder)).Value.Transactions.Length);
    }

    [FactThatNeeds("bitcoind")]
    public async Task Two_anchors_built_at_once_spend_different_coins_and_a_released_one_gives_its_coin_back()
    {
        RegtestDaemon daemon = await StartAsync(blocks: 102);
        var wallet = new AnchorWallet(daemon.Rpc);
        var other = new BlockId(Digest.Of("another"u8));
        BitcoinResult<AnchorTransaction>[] both = await Task.WhenAll(
            wallet.BuildAsync(Block, null), wallet.BuildAsync(other, null));
        Assert.NotEqual(both[0].Value.Id, both[1].Value.Id);

        // Both mature coins are in use; a third anchor waits for one of them.
        Assert.Equal(BitcoinErrorKind.InsufficientFunds, (await wallet.BuildAsync(other, null)).Error!.Kind);
        Assert.True((await wallet.ReleaseAsync(both[1].Value)).Value);
        Assert.True((await wallet.BroadcastAsync(both[0].Value)).IsSuccess);
        Assert.True((await wallet.BroadcastAsync((await wallet.BuildAsync(other, null)).Value)).IsSuccess);
    }

    [FactThatNeeds("bitcoind")]
    public async Task A_bumped_anchor_carries_the_same_block_id_and_the_first_one_is_replaced()
    {
        RegtestDaemon daemon = await StartAsync();
        var wallet = new AnchorWallet(daemon.Rpc);
        AnchorTransaction first = await SendAsync(wallet, FeeRate.PerByte(2));
        Assert.Equal(2 * first.VirtualSize, first.Fee.Value);

        BitcoinError tooLow = (await wallet.BumpAsync(first, FeeRate.PerByte(2))).Error!;
        Assert.True(tooLow.Kind == BitcoinErrorKind.Rejected, tooLow.ToString());
        AnchorTransaction second = (await wallet.BumpAsync(first, FeeRate.PerByte(20))).Value;
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(Block, second.Block);
        Assert.InRange(second.Fee.Value, 20 * second.VirtualSize, 20 * second.VirtualSize + 20);

        AnchorStatus replaced = (await wallet.FindAsync(first.Id)).Value;
        Assert.Equal((AnchorState.Replaced, second.Id), (replaced.State, replaced.Replacement!.Value));
        BitcoinBlockHash holder = (await daemon.MineAsync()).Value[0];
        await ProveAsync(daemon, second.Id, holder);
        BitcoinResult<SpvProof> never = await new SpvProofBuilder(daemon.Rpc)
            .BuildAsync(BitcoinNetwork.Regtest, Block, first.Id, holder);
        Assert.Equal(BitcoinErrorKind.NotFound, never.Error!.Kind);
        Assert.Equal(AnchorState.Replaced, (await wallet.FindAsync(first.Id)).Value.State);
        BitcoinError tooLate = (await wallet.BumpAsync(second, null)).Error!;
        Assert.True(tooLate.Kind == BitcoinErrorKind.Rejected, tooLate.ToString());
    }

    [FactThatNeeds("bitcoind")]
    public async Task A_block_that_a_reorganisation_threw_out_gives_no_proof_and_the_anchor_waits_again()
    {
        RegtestDaemon daemon = await StartAsync();
        var wallet = new AnchorWallet(daemon.Rpc);
        AnchorTransaction anchor = await SendAsync(wallet);
        BitcoinBlockHash lost = (await daemon.MineAsync()).Value[0];
        await ProveAsync(daemon, anchor.Id, lost);

        Assert.True((await daemon.CallAsync("invalidateblock", [lost.ToString()])).IsSuccess);
        BitcoinResult<SpvProof> gone = await new SpvProofBuilder(daemon.Rpc)
            .BuildAsync(BitcoinNetwork.Regtest, Block, anchor.Id, lost);
        Assert.Equal(BitcoinErrorKind.NotFound, gone.Error!.Kind);
        Assert.Equal(0, (await daemon.Rpc.GetBlockPositionAsync(lost)).Value.Confirmations);
        Assert.Equal(AnchorState.Waiting, (await wallet.FindAsync(anchor.Id)).Value.State);

        BitcoinBlockHash again = (await daemon.MineAsync()).Value[0];
        await ProveAsync(daemon, anchor.Id, again);
    }

    [FactThatNeeds("bitcoind")]
    public async Task An_empty_wallet_a_missing_one_and_a_locked_one_are_told_apart()
    {
        RegtestDaemon daemon = await StartAsync();
        using BitcoinRpc missing = Open(daemon, "missing");
        BitcoinError error = (await new AnchorWallet(missing).BuildAsync(Block, null)).Error!;
        Assert.Equal(BitcoinErrorKind.WalletNotLoaded, error.Kind);
        Assert.Equal(BitcoinErrorKind.WalletNotLoaded, (await missing.OpenWalletAsync(create: false)).Error!.Kind);

        Assert.Equal("missing", (await missing.OpenWalletAsync(create: true)).Value);
        error = (await new AnchorWallet(missing).BuildAsync(Block, null)).Error!;
        Assert.Equal(BitcoinErrorKind.InsufficientFunds, error.Kind);
        Assert.Equal("missing", (await missing.LoadWalletAsync("missing")).Value);

        // One mature coin, and it must be free again after each failed attempt.
        var wallet = new AnchorWallet(daemon.Rpc);
        Assert.True((await daemon.CallAsync("encryptwallet", ["passphrase"])).IsSuccess);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            error = (await wallet.BuildAsync(Block, null)).Error!;
            Assert.Equal(BitcoinErrorKind.WalletLocked, error.Kind);
        }

        Assert.True((await daemon.CallAsync("walletpassphrase", ["passphrase", 60])).IsSuccess);
        await SendAsync(wallet);
    }

    [FactThatNeeds("bitcoind")]
    public async Task Coins_that_fit_exactly_still_leave_an_output_beside_the_data()
    {
        RegtestDaemon daemon = await StartAsync();
        using BitcoinRpc small = Open(daemon, "small");
        await small.OpenWalletAsync(create: true);
        string address = (await small.GetNewAddressAsync()).Value;

        // The first coin alone pays the fee and leaves no change worth an output.
        foreach (decimal amount in (decimal[])[0.00001m, 0.0001m])
        {
            Assert.Null((await daemon.CallAsync("sendtoaddress", [address, JsonValue.Create(amount)])).Error);
        }

        await daemon.MineAsync();
        byte[] raw = (await small.CreateRawTransactionAsync(LedgerCommitment.Payload(Block), [])).Value;
        FundedTransaction bare = (await small.FundRawTransactionAsync(raw, FeeRate.PerByte(6))).Value;
        Assert.Null(bare.ChangePosition);
        Assert.True((await small.CallAsync("unloadwallet", [], default)).IsSuccess);
        await small.OpenWalletAsync(create: false);

        AnchorTransaction anchor = await SendAsync(new AnchorWallet(small), FeeRate.PerByte(6));
        Assert.True(BitcoinTransaction.TryParse(anchor.Stripped.Span, out BitcoinTransaction? transaction, out _));
        Assert.Contains(transaction.Outputs, output => output.Amount.Value > 0);
        BitcoinBlockHash holder = (await daemon.MineAsync()).Value[0];
        await ProveAsync(daemon, anchor.Id, holder);
    }

    [FactThatNeeds("bitcoind")]
    public async Task A_transaction_that_breaks_a_rule_is_rejected()
    {
        RegtestDaemon daemon = await StartAsync();
        byte[] stranger = [.. Proofs.Tests.Spv.TestProof.Transaction(Block)];
        Assert.Equal(BitcoinErrorKind.Rejected, (await daemon.Rpc.SendRawTransactionAsync(stranger)).Error!.Kind);
        Assert.Equal(
            BitcoinErrorKind.InvalidRequest, (await daemon.Rpc.SendRawTransactionAsync(new byte[3])).Error!.Kind);
        var nobody = new BitcoinTransactionId(Digest.Of("nobody"u8));
        Assert.Equal(BitcoinErrorKind.NotFound, (await new AnchorWallet(daemon.Rpc).FindAsync(nobody)).Error!.Kind);
        Assert.Equal(BitcoinErrorKind.NotFound, (await daemon.Rpc.GetMempoolEntryAsync(nobody)).Error!.Kind);
    }

    private static BitcoinRpc Open(RegtestDaemon daemon, string wallet) => new(new BitcoinRpcOptions
    {
        Address = daemon.Url,
        Credentials = new RpcCredentials.Password(daemon.User, daemon.Password),
        Wallet = wallet,
    });

    private static async Task<string> AddressAsync(RegtestDaemon daemon) =>
        (await daemon.Rpc.GetNewAddressAsync()).Value;

    private static async Task<AnchorTransaction> SendAsync(AnchorWallet wallet, FeeRate? rate = null)
    {
        BitcoinResult<AnchorTransaction> built = await wallet.BuildAsync(Block, rate);
        Assert.True(built.IsSuccess, built.Error?.ToString());
        BitcoinResult<BitcoinTransactionId> sent = await wallet.BroadcastAsync(built.Value);
        Assert.True(sent.IsSuccess, sent.Error?.ToString());
        Assert.Equal(built.Value.Id, sent.Value);
        return built.Value;
    }

    private static async Task<SpvProof> ProveAsync(
        RegtestDaemon daemon,
        BitcoinTransactionId id,
        BitcoinBlockHash holder)
    {
        BitcoinResult<SpvProof> proof =
            await new SpvProofBuilder(daemon.Rpc).BuildAsync(BitcoinNetwork.Regtest, Block, id, holder);
        Assert.True(proof.IsSuccess, proof.Error?.ToString());
        return proof.Value;
    }
}
