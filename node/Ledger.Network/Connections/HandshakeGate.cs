using System.Net;

namespace Ledger.Network.Connections;

/// <summary>
/// Counts the handshakes under way, all together and by address, so that one address cannot take every place. An IPv6
/// address counts by its /64, which one host has to itself. Thread-safe.
/// </summary>
internal sealed class HandshakeGate(int max, int perAddressMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _count;

    public bool TryEnter(IPAddress address)
    {
        IPAddress key = Key(address);
        lock (_gate)
        {
            int present = _byAddress.GetValueOrDefault(key);
            if (_count >= max || present >= perAddressMax)
                return false;
            _count++;
            _byAddress[key] = present + 1;
            return true;
        }
    }

    public void Leave(IPAddress address)
    {
        IPAddress key = Key(address);
        lock (_gate)
        {
            _count--;
            if (--_byAddress[key] == 0)
                _byAddress.Remove(key);
        }
    }

    private static IPAddress Key(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        if (bytes.Length == 16)
            bytes.AsSpan(8).Clear();
        return new(bytes);
    }
}
