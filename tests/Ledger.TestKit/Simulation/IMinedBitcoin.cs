using Ledger.Runtime.Ports;

namespace Ledger.TestKit.Simulation;

/// <summary>A Bitcoin network whose blocks a test makes.</summary>
public interface IMinedBitcoin : IBitcoin
{
    /// <summary>All headers of its best chain, 80 bytes each, oldest first.</summary>
    byte[] Headers { get; }

    /// <summary>The next block, with what waits.</summary>
    void Mine();
}
