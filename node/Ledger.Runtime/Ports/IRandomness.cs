namespace Ledger.Runtime.Ports;

/// <summary>Where randomness comes from: the operating system, or a simulator's seed. Thread-safe.</summary>
public interface IRandomness
{
    void Fill(Span<byte> destination);
}
