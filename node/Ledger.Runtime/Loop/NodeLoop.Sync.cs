using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>
/// Catches up: settled blocks come from any peer, and count by their commits alone. Whoever serves them need not be
/// trusted: a wrong block is dropped and the next peer asked.
/// </summary>
internal sealed partial class NodeLoop
{
    /// <summary>Blocks in one answer, the one that the asking node stands at included.</summary>
    internal const int BlocksTogether = 64;

    /// <summary>A peer is asked so often whether it knows more, for a network may be silent.</summary>
    private static readonly TimeSpan LookAround = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan SyncPause = TimeSpan.FromMilliseconds(200);

    private readonly SortedDictionary<Height, SettledBlock> _ahead = [];
    private PeerIdentity? _aheadFrom;
    private Height _syncTarget;
    private bool _asksForBlocks;

    /// <summary>The last answer brought blocks: there may be more behind them, whether or not anybody speaks.</summary>
    private bool _mayBeMore;

    private bool _settling;

    private void SyncUpTo(Height height)
    {
        _syncTarget = height > _syncTarget ? height : _syncTarget;
        AskForBlocks();
    }

    private void LookForBlocks()
    {
        AskForBlocks();
        _timers.Arm("look", LookAround, LookForBlocks);
    }

    /// <summary>From the own head on: its commit at the peer is the one that the peer's next block names.</summary>
    private void AskForBlocks()
    {
        if (LooksForSnapshot() || _asksForBlocks || _ahead.Count > 0 || NextPeer() is not { } peer)
        {
            return;
        }

        _asksForBlocks = true;
        Height from = _head.Height == Height.Zero ? _head.Height.Next : _head.Height;
        _peers.Ask(peer, Question.Blocks, PeerCodec.Height(from), answer =>
        {
            ImmutableArray<SettledBlock> blocks = answer is { } bytes ? ReadBlocks(bytes.Span) : [];
            _queue.Post(() => OnBlocks(peer, blocks));
        });
    }

    private static ImmutableArray<SettledBlock> ReadBlocks(ReadOnlySpan<byte> answer)
    {
        ImmutableArray<SettledBlock>.Builder blocks = ImmutableArray.CreateBuilder<SettledBlock>();
        if (!PeerCodec.TryReadList(answer, BlocksTogether, out ImmutableArray<ReadOnlyMemory<byte>> items))
        {
            return [];
        }

        foreach (ReadOnlyMemory<byte> item in items)
        {
            if (!SettledBlock.TryParse(item.Span, out SettledBlock block, out _)
                || block.Body.Digest != block.Header.Body || block.Commit.Block != block.Header.Id)
            {
                return [];
            }

            blocks.Add(block);
        }

        return blocks.ToImmutable();
    }

    private void OnBlocks(PeerIdentity peer, ImmutableArray<SettledBlock> blocks)
    {
        _asksForBlocks = false;
        _mayBeMore = blocks.Length > 1;
        TakeAhead(peer, blocks);
        if (_head.Height.Next < _syncTarget && _ahead.Count == 0)
        {
            _timers.Arm("sync", SyncPause, AskForBlocks);
        }
    }

    private void TakeAhead(PeerIdentity peer, ImmutableArray<SettledBlock> blocks)
    {
        if (LooksForSnapshot())
        {
            // One that says where it stands is answered with the next block; that would be the choice of blocks.
            return;
        }

        _aheadFrom = peer;
        foreach (SettledBlock block in blocks.Where(block => block.Header.Height >= _head.Height))
        {
            _ahead[block.Header.Height] = block;
        }

        Adopt();
    }

    /// <summary>Takes the next block that a peer served, once nothing is being settled and all its records are here.</summary>
    private void Adopt()
    {
        while (_ahead.Count > 0 && _ahead.First().Key < _head.Height)
        {
            _ahead.Remove(_ahead.First().Key);
        }

        if (_settling)
        {
            return;
        }

        if (!_ahead.TryGetValue(_head.Height.Next, out SettledBlock? block))
        {
            // What is left is at the own head, or beyond a hole: ask again another time.
            _ahead.Clear();
            return;
        }

        if (!TryNameCommit(block, out Core.Chain.Commit? before)
            || block.Header.Chain != _head.Chain
            || _rules.FaultOf(block.Commit, block.Header, _head.Configuration) is not null)
        {
            _ahead.Clear();
            _timers.Arm("sync", SyncPause, AskForBlocks);
        }
        else if (TryGather(block.Body, _aheadFrom, out VerifiedRecord[]? records))
        {
            ExecutedBlock executed =
                BlockReplay.TryExecute(
                    _store, _head, block.Header, block.Body, before, records, out string fault, _rules.Governance)
                ?? throw new InvalidOperationException(
                    $"Validators of more than two thirds of the power settled block {block.Header.Height} "
                    + $"({block.Header.Id}), which this program refuses: {fault}. Nothing was changed. Run the version that the "
                    + "network runs; if it is this one, report it.");
            Settle(executed, block.Commit);
        }
    }

    /// <summary>The commit of the own head that the next block names: the one held, or the peer's.</summary>
    private bool TryNameCommit(SettledBlock next, out Core.Chain.Commit? named)
    {
        named = _head.Commit;
        if (next.Header.Commit == _head.CommitDigest)
        {
            return true;
        }

        named = _ahead.TryGetValue(_head.Height, out SettledBlock? same) && same.Header.Id == _head.Block ? same.Commit : null;
        return named?.Digest == next.Header.Commit;
    }

    private void AskForHeads()
    {
        if (!_asksForHeads)
        {
            _asksForHeads = true;
            _timers.Arm("heads", TimeSpan.Zero, AskHeads);
        }
    }

    private void AskHeads()
    {
        if (_replica.QuarantineUntil != ReplicaRecovery.UnboundedQuarantine)
        {
            _asksForHeads = false;
            return;
        }

        foreach (Core.Chain.Validator validator in _head.Configuration.Validators)
        {
            if (!validator.Peer.IsEmpty && validator.VoteKeyId != VoteKey?.Id)
            {
                _peers.Ask(PeerIdentity.Of(validator.Peer.Span), Question.Head, ReadOnlyMemory<byte>.Empty, answer =>
                    _queue.Post(() => OnHead(validator.VoteKeyId, answer)));
            }
        }

        _timers.Arm("heads", LookAround, AskHeads);
    }

    private void OnHead(KeyId validator, ReadOnlyMemory<byte>? answer)
    {
        if (answer is not { } bytes || !PeerCodec.TryReadList(bytes.Span, 1, out ImmutableArray<ReadOnlyMemory<byte>> items))
        {
            return;
        }

        if (items.IsEmpty)
        {
            Step(new HeadProven(validator, Height.Zero));
        }
        else if (Core.Chain.Commit.TryParse(items[0].Span, out Core.Chain.Commit commit, out _)
            && QuorumCertificate.FindFault(commit, _head.Chain, _head.Configuration) is null)
        {
            Step(new HeadProven(validator, commit.Height));
        }
    }
}
