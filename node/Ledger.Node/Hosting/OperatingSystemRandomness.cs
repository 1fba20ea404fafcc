using System.Security.Cryptography;
using Ledger.Runtime.Ports;

namespace Ledger.Node.Hosting;

/// <summary>The operating system's random source.</summary>
internal sealed class OperatingSystemRandomness : IRandomness
{
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
