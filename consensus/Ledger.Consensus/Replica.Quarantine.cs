using Ledger.Core;

namespace Ledger.Consensus;

/// <content>
/// A validator whose journal is not the one it stopped with may have voted at heights that it knows nothing of. It was
/// at height H at most one above a block that a quorum precommitted, and every honest voter of that quorum had settled
/// the block before: so among validators of more than two thirds of the power there is one that can prove a height
/// of H - 2 or more, and a validator that keeps silent up to the highest proven + 2 signs nothing twice.
/// </content>
public sealed partial class Replica
{
    private readonly SortedDictionary<KeyId, Height> _heads = [];

    private void OnHeadProven(HeadProven input)
    {
        if (_quarantineUntil != ReplicaRecovery.UnboundedQuarantine)
        {
            Ignore(input, IgnoreReason.Stale);
        }
        else if (input.Validator == _settings.Key || _validators.IndexOf(input.Validator) is null)
        {
            Ignore(input, IgnoreReason.Malformed);
        }
        else if (_heads.TryGetValue(input.Validator, out Height known) && known >= input.Height)
        {
            Ignore(input, IgnoreReason.AlreadyKnown);
        }
        else
        {
            _heads[input.Validator] = input.Height;
            BoundQuarantine();
        }
    }

    /// <summary>
    /// Asked with every answer and at every height. The count is made under the validators that follow the highest
    /// block proven, so this replica catches up first.
    /// </summary>
    private void BoundQuarantine()
    {
        if (_quarantineUntil != ReplicaRecovery.UnboundedQuarantine)
        {
            return;
        }

        ulong power = 0;
        Height highest = Height.Zero;
        foreach (Validator member in _validators.Members)
        {
            if (_heads.TryGetValue(member.Key, out Height head))
            {
                power += member.Power.Value;
                highest = head > highest ? head : highest;
            }
        }

        if (!_rules.ProvesHeads(power, _validators.Total.Value))
        {
            _effects.Add(new AwaitHeads(new VotingPower(power), _validators.Total));
        }
        else if (highest >= _height)
        {
            RequestSyncIfBehind(highest.Next);
        }
        else
        {
            // The height in progress is left out too: its rounds ran without us, and its timers know no turn of ours.
            Height end = _rules.QuarantineEnd(highest);
            _quarantineUntil = end > _height ? end : _height;
            _heads.Clear();
            _effects.Add(new QuarantineEnds(_quarantineUntil.Value));
        }
    }
}
