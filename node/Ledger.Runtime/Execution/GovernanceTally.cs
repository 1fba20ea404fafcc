using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Execution;

/// <summary>
/// What settled <c>governance</c> records have decided, and which approvals wait for more: rules Q1 to Q8. A record that
/// counts for nothing settles all the same, so that one that was right when it was sealed never holds up its stream.
/// Changes are held back until the block is written. Not thread-safe.
/// </summary>
/// <param name="parent">The block before: what it left decided is where this one starts.</param>
internal sealed class GovernanceTally(ChainStore store, ChainHead parent, GovernanceRules rules)
{
    /// <summary>Q5: approvals of one stream that a block looks at. Bounds what a hostile validator costs the others.</summary>
    public const int LooksMax = 32;

    /// <summary>Q5: changes that wait and that one key may have approved.</summary>
    public const int ChangesMax = 16;

    /// <summary>Approvals that came with this block and wait for more.</summary>
    private readonly List<Approval> _new = [];

    private readonly SortedDictionary<StreamId, int> _looks = [];

    /// <summary>Decided so far: in force two heights after the block that is being executed.</summary>
    public Configuration Upcoming { get; private set; } = parent.Upcoming;

    /// <summary>Whether this block completed a change.</summary>
    private bool IsReconfigured => Upcoming.Change != parent.Upcoming.Change;

    /// <summary>Counts what a record brings, and executes the change that it completes.</summary>
    public void Take(Record record)
    {
        if (record.Kind != RecordKind.Governance
            || !AdmissionRules.IsOwnStream(parent.Configuration, record.Stream)
            || !GovernanceBody.TryRead(record, out GovernanceBody? body, out _)
            || body.At != Upcoming.Change + 1
            || !body.Change.TryApply(Upcoming, out Configuration next, out _))
        {
            return;
        }

        byte[] signed = SignBytes.Governance(parent.Chain, body.At, body.ChangeBytes.Span);
        Digest change = Digest.Of(signed);
        List<Approval> counted = [.. Waiting()];
        foreach ((KeyId key, ReadOnlyMemory<byte> signature) in body.Approvals)
        {
            Approval approval = new(change, key, record.Id);
            if (MayCount(approval, counted) && MayLook(record.Stream) && IsSigned(key, signed, signature))
            {
                counted.Add(approval);
                _new.Add(approval);
            }
        }

        if (IsApproved(change, counted))
        {
            Upcoming = next;
            _new.Clear();
        }
    }

    /// <summary>For one who counts over several blocks: the limit of each is its own.</summary>
    public void EndBlock() => _looks.Clear();

    /// <summary>Adds to the batch what this block changes.</summary>
    public void Put(StoreBatch batch)
    {
        if (IsReconfigured)
        {
            ChainStore.PutUpcoming(batch, Upcoming);
            foreach ((byte[] approval, _) in store.Raw.Scan(Table.Approvals, [], null))
            {
                batch.Delete(Table.Approvals, approval);
            }
        }

        foreach (Approval approval in _new)
        {
            batch.Put(Table.Approvals, StoreKeys.Of(approval), approval.Record.Span);
        }
    }

    private IEnumerable<Approval> Waiting() => IsReconfigured ? _new : store.Approvals().Concat(_new);

    private static bool MayCount(Approval approval, List<Approval> counted) =>
        !counted.Exists(known => known.Change == approval.Change && known.Key == approval.Key)
        && counted.Count(known => known.Key == approval.Key) < ChangesMax;

    private bool MayLook(StreamId stream)
    {
        int looks = _looks.GetValueOrDefault(stream);
        _looks[stream] = looks + 1;
        return looks < LooksMax;
    }

    private bool IsSigned(KeyId key, byte[] signed, ReadOnlyMemory<byte> signature) =>
        Upcoming.Validators.FirstOrDefault(member => member.GovernanceKeyId == key) is { } approver
        && MlDsa65.Verify(approver.GovernanceKey.Span, signed, default, signature.Span);

    /// <summary>Q4: more than two thirds of the power, of the validators that were decided on last.</summary>
    private bool IsApproved(Digest change, List<Approval> approvals)
    {
        ulong power = 0;
        foreach (Validator validator in Upcoming.Validators)
        {
            KeyId key = validator.GovernanceKeyId;
            if (approvals.Exists(approval => rules.IsFor(approval, change) && approval.Key == key))
            {
                power += validator.Power;
            }
        }

        return rules.Decides(power, Upcoming);
    }
}
