using System.Net;
using System.Net.Sockets;
using Ledger.Network.Addresses;

namespace Ledger.Cli.Devnet;

/// <summary>
/// Ports on loopback that are kept for programs which will listen there, again and again: each is bound here and never
/// listened on. Nobody who asks for any free port is given one of them, while a listener that names it gets it, since
/// both sides allow the address to be used again (socket(7), SO_REUSEADDR).
/// </summary>
internal sealed class ReservedPorts : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public ReservedPorts(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        Addresses = [.. _sockets.Select(socket => Multiaddr.Of((IPEndPoint)socket.LocalEndPoint!))];
    }

    public IReadOnlyList<Multiaddr> Addresses { get; }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
