using System.Net;
using System.Net.Sockets;

namespace Ledger.EndToEnd.Tests.Network;

/// <summary>A bad line: passes bytes on to a node, and cuts each connection after so many from the client.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _node;
    private readonly int _bytesMax;
    private readonly Task _loop;
    private int _cuts;

    public CuttingProxy(Uri node, int bytesMax)
    {
        (_node, _bytesMax) = (node, bytesMax);
        _listener.Start();
        _loop = RunAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public int Cuts => Volatile.Read(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(PassAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using TcpClient near = client;
        using TcpClient far = new();
        try
        {
            await far.ConnectAsync(_node.Host, _node.Port, _stop.Token);
            Task back = far.GetStream().CopyToAsync(near.GetStream(), _stop.Token);
            byte[] piece = new byte[4_096];
            int passed = 0;
            int read;
            while ((read = await near.GetStream().ReadAsync(piece, _stop.Token)) > 0)
            {
                passed += read;
                if (passed > _bytesMax)
                {
                    Interlocked.Increment(ref _cuts);
                    near.Client.Close(0);
                    return;
                }

                await far.GetStream().WriteAsync(piece.AsMemory(0, read), _stop.Token);
            }

            await back;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException or InvalidOperationException)
        {
            // Either end went away, which is what this is for.
        }
    }
}
