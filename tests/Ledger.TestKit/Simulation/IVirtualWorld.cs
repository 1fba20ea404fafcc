using Ledger.Core.Chain;
using Ledger.Runtime;

namespace Ledger.TestKit.Simulation;

/// <summary>What stands around virtual nodes: time, a network, and who they are.</summary>
public interface IVirtualWorld
{
    GenesisDocument Genesis { get; }

    int Nodes { get; }

    /// <summary>What the clocks show at the beginning.</summary>
    DateTimeOffset Epoch { get; }

    /// <summary>Virtual time since the beginning.</summary>
    TimeSpan Now { get; }

    NodeSettings SettingsOf(int node);

    /// <summary>Where a node's own chance comes from.</summary>
    int SeedOf(int node);

    void After(TimeSpan delay, Action action);

    /// <summary>Puts bytes, which are not copied, on the way to a node.</summary>
    void Send(int from, int to, ReadOnlyMemory<byte> bytes);

    bool Connects(int from, int to);
}
