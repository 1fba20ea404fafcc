using Ledger.Network.PubSub;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Deliberate bugs, one each. They live here and nowhere else.</summary>
internal static class BrokenRules
{
    internal sealed class NothingIsADuplicate : GossipRules
    {
        internal override bool IsDuplicate(bool seen) => false;
    }

    internal sealed class TheTopicDoesNotTellMessagesApart : GossipRules
    {
        internal override MessageKey KeyOf(string topic, MessageId id) => new("", id);
    }

    internal sealed class EverySignatureIsGood : GossipRules
    {
        internal override bool IsSigned(bool verified) => true;
    }

    internal sealed class EveryTopicIsOurs : GossipRules
    {
        internal override bool IsTopicOurs(bool joined) => true;
    }

    internal sealed class AnySizePasses : GossipRules
    {
        internal override bool IsShortEnough(int bytes, int max) => true;
    }

    internal sealed class BackoffIsForgotten : GossipRules
    {
        internal override bool IsInBackoff(bool running) => false;
    }

    internal sealed class EverybodyScoresWell : GossipRules
    {
        internal override double Score(double score) => 0;
    }

    internal sealed class AMeshIsNeverFull : GossipRules
    {
        internal override bool MayGraft(int meshSize, int degreeHigh, bool outbound) => true;
    }

    internal sealed class QueuesAreEndless : GossipRules
    {
        internal override bool HasRoom(long used, int more, long max) => true;
    }

    internal sealed class NothingGoesFirst : GossipRules
    {
        internal override bool GoesFirst(bool first) => false;
    }

    internal sealed class EveryIWantIsAnswered : GossipRules
    {
        internal override bool IsAskedTooOften(int times, int max) => false;
    }

    internal sealed class GossipHasNoLimit : GossipRules
    {
        internal override bool IsOverLimit(int count, int max) => false;
    }

    internal sealed class PromisesAreForgiven : GossipRules
    {
        internal override double BrokenPromise => 0;
    }

    internal sealed class UnjudgedMessagesAreForwarded : GossipRules
    {
        internal override bool ForwardsUnjudged => true;
    }

    internal sealed class NoPlaceIsKeptForOutbound : GossipRules
    {
        internal override bool KeepsOutbound => false;
    }
}
