using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Records;

namespace Ledger.Proofs.Checks;

/// <summary>
/// The configurations that a file shows, from the genesis document on: each is named as the next by validators of the
/// one before it, or has the same voters.
/// </summary>
public sealed class ConfigurationWalk
{
    private readonly List<Known> _known;
    private readonly Findings _findings;

    /// <param name="findings">What does not hold is told at record 0: everything rests on it.</param>
    internal ConfigurationWalk(GenesisDocument genesis, ImmutableArray<WalkStep> steps, Findings findings)
    {
        _known = [new Known(genesis.Configuration, Height.Zero)];
        _findings = findings;
        foreach (WalkStep step in steps)
        {
            if (!TryTake(step, genesis.Chain))
            {
                return;
            }
        }
    }

    /// <summary>The walk that the steps show, for one who has no file; null, and one clause, where they do not hold.</summary>
    public static ConfigurationWalk? TryTake(GenesisDocument genesis, ImmutableArray<WalkStep> steps, out string fault)
    {
        Findings findings = new();
        ConfigurationWalk walk = new(genesis, steps, findings);
        fault = findings.Any ? findings.First().Reason : "";
        return findings.Any ? null : walk;
    }

    /// <summary>How often the voters changed on the way.</summary>
    public int Changes { get; private set; }

    /// <summary>Null if the commit is the word of a quorum under the configuration that the header names.</summary>
    public string? FindFault(Header header, Commit commit)
    {
        int at = _known.FindLastIndex(known => known.Configuration.Digest == header.Validators);
        Known known = _known[Math.Max(at, 0)];
        if (at >= 0 && (header.Height <= known.After || header.Height > End(known)))
        {
            return $"the configuration that block {header.Height} names was not in force at its height";
        }

        return QuorumCertificate.FindFault(commit, header, known.Configuration);
    }

    private bool TryTake(WalkStep step, ChainId chain)
    {
        if (!Configuration.TryParse(step.Configuration.Span, out Configuration next, out CborError error))
        {
            return Refuse($"a configuration cannot be read: {error}");
        }

        Known last = _known[^1];
        if (step.Header.IsEmpty)
        {
            _known.Add(last with { Configuration = next });
            return last.Configuration.HasSameVoters(next)
                || Refuse("a configuration has other voters than the one before it, and nobody says that it is the next");
        }

        if (!Header.TryParse(step.Header.Span, out Header header, out error)
            || !Commit.TryParse(step.Commit.Span, out Commit commit, out error))
        {
            return Refuse($"a step between configurations cannot be read: {error}");
        }

        if (header.Chain != chain || header.Height <= last.After || header.Next != next.Digest)
        {
            return Refuse("a block header does not name the configuration that it is to show");
        }

        if (QuorumCertificate.FindFault(commit, header, last.Configuration) is { } fault)
        {
            return Refuse(fault);
        }

        _known.Add(new Known(next, header.Height));
        Changes++;
        return true;
    }

    /// <summary>The height of the block that names the next voters: up to there these are in force.</summary>
    private Height End(Known known) =>
        _known.Find(later => later.After > known.After)?.After ?? new Height(ulong.MaxValue);

    private bool Refuse(string reason)
    {
        _findings.Add(0, Layer.Quorum, reason);
        return false;
    }

    /// <param name="After">Height of the block that named its voters.</param>
    private sealed record Known(Configuration Configuration, Height After);
}
