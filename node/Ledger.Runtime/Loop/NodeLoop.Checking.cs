using System.Diagnostics.CodeAnalysis;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Loop;

/// <summary>Judges what others propose: fetch what is missing, execute, make durable, answer the replica.</summary>
internal sealed partial class NodeLoop
{
    /// <summary>How long after an answer that brought nothing somebody else is asked.</summary>
    private static readonly TimeSpan FetchPause = TimeSpan.FromMilliseconds(100);

    private readonly SortedSet<BlockId> _checking = [];
    private readonly HashSet<BlockId> _askedFor = [];
    private readonly HashSet<RecordId> _guests = [];
    private readonly Proposals _proposals = new();
    private readonly RecordFetcher _fetcher = new();
    private int _turn;

    private void Check(CheckBlock check)
    {
        if (check.Height != _head.Height.Next)
        {
            return;
        }

        if (_candidates.ContainsKey(check.Block))
        {
            Step(new BlockChecked(check.Height, check.Block, Valid: true));
            return;
        }

        _checking.Add(check.Block);
        if (!_rules.JudgesBeforeItVouches)
        {
            Step(new BlockChecked(check.Height, check.Block, Valid: true));
        }

        Judge(check.Block);
    }

    /// <summary>Goes on with every block that the replica waits for: something of them may have come.</summary>
    private void JudgeAll()
    {
        foreach (BlockId id in _checking.ToArray())
        {
            Judge(id);
        }
    }

    private void Judge(BlockId id)
    {
        if (_proposals.Find(id) is not { Parts: { } parts, Header: var header })
        {
            AskForProposal(id, _proposals.Find(id) is { Header.Proposer: var proposer } ? PeerOf(proposer) : null);
        }
        else if (TryGather(parts.Body, PeerOf(header.Proposer), out VerifiedRecord[]? records))
        {
            _checking.Remove(id);
            ExecutedBlock? block =
                BlockReplay.TryExecute(
                    _store, _head, header, parts.Body, parts.Before, records, out string fault, _rules.Governance);
            if (block is not null)
            {
                Vouch(block);
            }
            else
            {
                _events.Publish(new ProposalRefused(header.Height, id, fault));
                Step(new BlockChecked(header.Height, id, Valid: false));
            }
        }
    }

    /// <summary>The replica hears of a valid block only once all of it is on this disk.</summary>
    private void Vouch(ExecutedBlock block)
    {
        List<RecordId> guests = [];
        foreach (VerifiedRecord verified in block.Records)
        {
            RecordId id = verified.Record.Id;
            if (!_mempool.TryGet(id, out _) && !_guests.Contains(id))
            {
                guests.Add(id);
                Journal.PutGuest(_queue.Batch, id);
                _queue.Batch.Put(Table.Records, id.Span, verified.Record.Bytes.Span);
                PutKeys(verified.Record);
            }
        }

        if (_rules.KeepsCandidates)
        {
            Journal.PutCandidate(_queue.Batch, block);
        }

        _queue.AfterSync(() =>
        {
            _guests.UnionWith(guests);
            if (block.Header.Height == _head.Height.Next)
            {
                _candidates[block.Header.Id] = block;
                Step(new BlockChecked(block.Header.Height, block.Header.Id, Valid: true));
            }
        });
        _queue.IfFull(() => _timers.Add(DiskPause, () => Vouch(block)));
    }

    /// <summary>All records of a body, or those that are missing are asked for.</summary>
    /// <param name="holder">Who must hold them, and is asked first.</param>
    private bool TryGather(BlockBody body, PeerIdentity? holder, [NotNullWhen(true)] out VerifiedRecord[]? records)
    {
        records = null;
        VerifiedRecord?[] found = [.. body.Records.Select(Held)];
        List<RecordId> elsewhere = [.. body.Records.Where((_, i) => found[i] is null)];
        if (elsewhere.Count > 0)
        {
            List<RecordId> missing = [.. elsewhere.Where(id => !_store.Raw.Contains(Table.Records, id.Span))];
            // Held without being in the pool: left by a candidate of an earlier life, or settled already.
            VerifiedRecord[]? restored = missing.Count > 0 ? null : _verifier.Restore([.. elsewhere]);
            if (restored is null)
            {
                _fetcher.Want(missing.Count > 0 ? missing : elsewhere);
                Fetch(holder);
                return false;
            }

            Dictionary<RecordId, VerifiedRecord> byId = restored.DistinctBy(record => record.Record.Id)
                .ToDictionary(record => record.Record.Id);
            found = [.. body.Records.Select((id, i) => found[i] ?? byId[id])];
        }

        records = [.. found.Select(record => record!)];
        return true;
    }

    private VerifiedRecord? Held(RecordId id) =>
        _mempool.TryGet(id, out PendingRecord pending) ? pending.Verified : _fetcher.Find(id);

    private void Fetch() => Fetch(null);

    private void Fetch(PeerIdentity? first)
    {
        while ((first ?? NextPeer()) is { } peer && _fetcher.Next() is { } question)
        {
            _peers.Ask(peer, Question.Records, PeerCodec.Ids(question.Ids), answer => OnFetched(question, answer));
        }

        if (_fetcher.IsStalled)
        {
            // Nobody is connected; no answer will come that would ask again.
            _timers.Arm("fetch", FetchPause, Fetch);
        }
    }

    /// <summary>On the network's thread: form and signatures, before the loop sees anything.</summary>
    private void OnFetched(FetchQuestion question, ReadOnlyMemory<byte>? answer)
    {
        IEnumerable<VerifiedRecord> sound = [];
        if (answer is { } bytes && PeerCodec.TryReadList(bytes.Span, question.Ids.Length, out var records))
        {
            sound = [.. _verifier.Verify(records, new Refusal?[records.Length]).OfType<VerifiedRecord>()];
        }

        _queue.Post(() =>
        {
            bool any = _fetcher.Answered(question, sound);
            foreach (Record record in sound.Select(verified => verified.Record))
            {
                // A later record of the same stream may come by itself, and is verified with this one's keys. What was
                // not asked for, or makes any block invalid, leaves nothing behind.
                if (!_rules.KeepsNothingOfStrangers || (question.Ids.Contains(record.Id) && IsSponsored(record)))
                {
                    PutKeys(record);
                }
            }

            if (any)
            {
                _queue.AfterSync(ProceedWithFetched);
                _queue.IfFull(() =>
                {
                    if (_rules.FetchesAgainWhenFull)
                    {
                        // Their keys were lost, without which what follows them could never be verified.
                        _fetcher.Release(sound);
                    }

                    _timers.Arm("fetch", DiskPause, ProceedWithFetched);
                });
            }
            else if (!_fetcher.IsIdle)
            {
                _timers.Arm("fetch", FetchPause, Fetch);
            }
        });
    }

    private void ProceedWithFetched()
    {
        Fetch();
        JudgeAll();
        Adopt();
    }

    private void AskForProposal(BlockId id, PeerIdentity? first)
    {
        if ((first ?? NextPeer()) is not { } peer || !_askedFor.Add(id))
        {
            return;
        }

        _peers.Ask(peer, Question.Proposal, id.Value.ToArray(), answer =>
        {
            ProposedBlock? block =
                answer is { } bytes && ProposedBlock.TryParse(bytes.Span, out ProposedBlock parsed) ? parsed : null;
            _queue.Post(() => OnProposalServed(id, block));
        });
    }

    private void OnProposalServed(BlockId id, ProposedBlock? block)
    {
        _askedFor.Remove(id);
        if (!_checking.Contains(id))
        {
            return;
        }

        if (block?.Header.Id == id)
        {
            _proposals.Complete(block);
            Judge(id);
        }
        else
        {
            _timers.Add(FetchPause, () =>
            {
                if (_checking.Contains(id))
                {
                    // Whoever should hold it did not serve it: everybody in turn.
                    AskForProposal(id, null);
                }
            });
        }
    }

    /// <summary>Everybody in turn, so that nobody has to be trusted with serving; null while nobody is connected.</summary>
    private PeerIdentity? NextPeer()
    {
        var connected = _peers.Connected;
        return connected.IsEmpty ? null : connected[_turn++ % connected.Length];
    }

    /// <summary>The peer of a validator; null if it is not connected, or this node itself.</summary>
    private PeerIdentity? PeerOf(KeyId validator)
    {
        foreach (Core.Chain.Validator member in _head.Configuration.Validators)
        {
            if (member.VoteKeyId == validator && !member.Peer.IsEmpty)
            {
                PeerIdentity peer = PeerIdentity.Of(member.Peer.Span);
                return _peers.Connected.Contains(peer) ? peer : null;
            }
        }

        return null;
    }

    private void PutKeys(Record record)
    {
        foreach (ReadOnlyMemory<byte> key in record.PublicKeys())
        {
            _queue.Batch.Put(Table.PublicKeys, KeyId.Of(key.Span).Value.Span, key.Span);
        }
    }

    /// <summary>
    /// The height is settled: what was kept for its candidates alone goes. What the chain holds stays, in whichever block
    /// it settled: a note of it may have been written with that block, and found by a later life.
    /// </summary>
    private void ForgetProposals(Height settled)
    {
        foreach (RecordId guest in _guests.Where(guest =>
            !_rules.OutlivesHeight(_store.Placement(guest) is not null) && !_mempool.TryGet(guest, out _)))
        {
            _queue.Batch.Delete(Table.Records, guest.Span);
        }

        _guests.Clear();
        _checking.Clear();
        _candidates.Clear();
        _fetcher.Clear();
        _proposals.DropUpTo(settled);
    }
}
