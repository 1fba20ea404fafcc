using System.Text;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Execution;

/// <summary>Why a record is not admitted.</summary>
public enum AdmissionRefusalKind
{
    /// <summary>The stream's first key was invited by nobody, and the network is not open.</summary>
    NotInvited,

    StreamBytes,
    StreamRecords,
    SponsorBytes,
    SponsorRecords,

    /// <summary>The sponsor opened as many streams today as it may.</summary>
    SponsorStreams,
}

/// <param name="Remaining">What is left of that quota now.</param>
/// <param name="Limit">The quota itself.</param>
public sealed record AdmissionRefusal(AdmissionRefusalKind Kind, string Sponsor, ulong Remaining, ulong Limit)
{
    /// <summary>One sentence that says what to do.</summary>
    public string Detail => Kind switch
    {
        AdmissionRefusalKind.NotInvited =>
            "This network admits invited streams only: ask one of its members to invite the stream's first key.",
        AdmissionRefusalKind.StreamBytes =>
            $"The stream has {Remaining} of {Limit} bytes left in this window of blocks: send the rest in the next one.",
        AdmissionRefusalKind.StreamRecords =>
            $"The stream has {Remaining} of {Limit} records left in this window of blocks: send the rest in the next one.",
        AdmissionRefusalKind.SponsorBytes =>
            $"The sponsor '{Sponsor}' has {Remaining} of {Limit} bytes left in this window of blocks: send the rest in the next one.",
        AdmissionRefusalKind.SponsorRecords =>
            $"The sponsor '{Sponsor}' has {Remaining} of {Limit} records left in this window of blocks: send the rest in the next one.",
        AdmissionRefusalKind.SponsorStreams =>
            $"The sponsor '{Sponsor}' may open {Limit} streams a day and has opened them: try again tomorrow (UTC).",
        _ => throw new InvalidOperationException($"Unnamed refusal {Kind}."),
    };
}

/// <summary>Admission and quotas: the same answer at every node for the same chain.</summary>
internal static class AdmissionRules
{
    /// <summary>Who answers for a stream: a validator (its own stream), a member that invited its first key, or "open".</summary>
    public static string? SponsorOf(Configuration configuration, StreamId stream)
    {
        foreach (Validator validator in configuration.Validators)
        {
            if (validator.Stream == stream)
            {
                return validator.Name;
            }
        }

        foreach (AdmittedMember member in configuration.Admission.Members)
        {
            if (member.Keys.Contains(new KeyId(stream.Value)))
            {
                return member.Name;
            }
        }

        return configuration.Admission.IsOpen ? Admission.OpenSponsor : null;
    }

    /// <summary>
    /// Counts the record against its stream and its sponsor, or says why not. A validator's own stream is free of quotas:
    /// anchors and governance must always get through.
    /// </summary>
    public static AdmissionRefusal? TryCount(
        WorkingState state, Configuration configuration, StreamId stream, string sponsor, int bytes, bool opensStream,
        Height height, UnixTime time)
    {
        if (IsOwnStream(configuration, stream))
        {
            return null;
        }

        Admission admission = configuration.Admission;
        byte[] streamKey = StreamKey(stream);
        byte[] sponsorKey = SponsorKey(sponsor);
        Usage streamUsage = state.Usage(streamKey).At(configuration, height, time);
        Usage sponsorUsage = state.Usage(sponsorKey).At(configuration, height, time);
        SponsorQuota quota = sponsor == Admission.OpenSponsor ? admission.Open : admission.Member;
        ulong size = (ulong)bytes;

        AdmissionRefusal? refusal =
            Exceeds(AdmissionRefusalKind.StreamBytes, sponsor, streamUsage.Bytes, size, admission.Stream.Bytes)
            ?? Exceeds(AdmissionRefusalKind.StreamRecords, sponsor, streamUsage.Records, 1, admission.Stream.Records)
            ?? Exceeds(AdmissionRefusalKind.SponsorBytes, sponsor, sponsorUsage.Bytes, size, quota.Bytes)
            ?? Exceeds(AdmissionRefusalKind.SponsorRecords, sponsor, sponsorUsage.Records, 1, quota.Records)
            ?? (opensStream
                ? Exceeds(AdmissionRefusalKind.SponsorStreams, sponsor, sponsorUsage.Streams, 1, quota.Streams)
                : null);
        if (refusal is null)
        {
            state.Set(streamKey, streamUsage.With(bytes, opensStream));
            state.Set(sponsorKey, sponsorUsage.With(bytes, opensStream));
        }

        return refusal;
    }

    /// <summary>Counts a record that a settled block holds: whoever settled it has found it admitted.</summary>
    public static void Count(
        WorkingState state, Configuration configuration, StreamId stream, string sponsor, int bytes, bool opensStream,
        Height height, UnixTime time)
    {
        if (!IsOwnStream(configuration, stream))
        {
            Add(StreamKey(stream));
            Add(SponsorKey(sponsor));
        }

        void Add(byte[] key) =>
            state.Set(key, state.Usage(key).At(configuration, height, time).With(bytes, opensStream));
    }

    /// <summary>Whether it is the stream of a validator's own node.</summary>
    public static bool IsOwnStream(Configuration configuration, StreamId stream)
    {
        foreach (Validator validator in configuration.Validators)
        {
            if (validator.Stream == stream)
            {
                return true;
            }
        }

        return false;
    }

    private static AdmissionRefusal? Exceeds(AdmissionRefusalKind kind, string sponsor, ulong used, ulong more, ulong limit) =>
        more > limit || used > limit - more
            ? new AdmissionRefusal(kind, sponsor, limit - Math.Min(used, limit), limit)
            : null;

    private static byte[] StreamKey(StreamId stream) => [(byte)'s', .. stream.Value.Span];

    private static byte[] SponsorKey(string sponsor) => [(byte)'m', .. Encoding.UTF8.GetBytes(sponsor)];
}
