using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ledger.Network.Wire;

namespace Ledger.Network.Addresses;

/// <summary>What a TCP address names its host by; the value is the code in the multiaddr table.</summary>
public enum HostKind
{
    Ip4 = 4,
    Ip6 = 41,
    Dns = 53,
    Dns4 = 54,
    Dns6 = 55,
}

/// <summary>
/// The address of a TCP listener in the form that libp2p shares: <c>/ip4/192.0.2.1/tcp/4001</c>, with <c>ip6</c>,
/// <c>dns</c>, <c>dns4</c> or <c>dns6</c> in place of <c>ip4</c>, and <c>/p2p/PEER</c> behind it where the peer is named.
/// Nothing else is spoken here, so nothing else is read. Immutable.
/// </summary>
/// <param name="Kind">What <paramref name="Host"/> is.</param>
/// <param name="Host">An address in its canonical text, or a host name in small letters.</param>
/// <param name="Port">TCP port, from 0 to 65,535; 0 only to listen.</param>
/// <param name="Peer">The peer expected there, or null.</param>
public sealed record Multiaddr(HostKind Kind, string Host, int Port, PeerId? Peer)
{
    /// <summary>Most bytes of an address that is read.</summary>
    public const int BytesMax = 512;

    /// <summary>Longest text of an address that is read.</summary>
    public const int TextMax = 512;

    /// <summary>Longest host name (RFC 1035 §2.3.4).</summary>
    public const int HostNameMax = 253;

    private const ulong TcpCode = 6;
    private const ulong PeerCode = 421;
    private static readonly SearchValues<char> HostNameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");

    /// <summary>The address of a socket.</summary>
    public static Multiaddr Of(IPEndPoint endPoint)
    {
        IPAddress address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        return address.AddressFamily == AddressFamily.InterNetwork
            ? new(HostKind.Ip4, address.ToString(), endPoint.Port, null)
            : new(HostKind.Ip6, WithoutZone(address).ToString(), endPoint.Port, null);
    }

    /// <summary>Reads the text form; <paramref name="problem"/> says what is wrong with it.</summary>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out Multiaddr? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        string[] parts = text is { Length: <= TextMax } ? text.Split('/') : [];
        problem = "An address reads /ip4/HOST/tcp/PORT or /dns/HOST/tcp/PORT, with /p2p/PEER behind it where known.";
        if (parts is not ["", string protocol, string host, "tcp", string portText, .. string[] rest])
            return false;
        if (Kinds.FirstOrDefault(kind => kind.Name == protocol) is not { Name: not null } kind)
        {
            problem = $"'{protocol}' is no kind of host that is spoken here: ip4, ip6, dns, dns4, dns6.";
            return false;
        }
        if (!TryHost(kind.Kind, host, out string? canonical))
        {
            problem = $"'{host}' is no host of the kind {protocol}.";
            return false;
        }
        if (!ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || portText is ['0', _, ..])
        {
            problem = $"'{portText}' is no TCP port.";
            return false;
        }
        PeerId? peer = null;
        if (rest is not [] && (rest is not ["p2p", string peerText] || !PeerId.TryParse(peerText, out peer)))
        {
            problem = "Behind the port may stand /p2p/PEER, the peer's id in base58 or as a CID, and nothing else.";
            return false;
        }
        address = new(kind.Kind, canonical, port, peer);
        problem = null;
        return true;
    }

    /// <summary>Reads the binary form of the multiaddr specification; false for anything that is not spoken here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddr? address)
    {
        address = null;
        if (bytes.Length > BytesMax)
            return false;
        ByteCursor cursor = new(bytes);
        if (!cursor.TryVarint(out ulong code)
            || !TryHost(ref cursor, code, out string? host)
            || !cursor.TryVarint(out ulong tcp) || tcp != TcpCode
            || !cursor.TryTake(2, out ReadOnlySpan<byte> port))
        {
            return false;
        }
        PeerId? peer = null;
        if (!cursor.AtEnd)
        {
            if (!cursor.TryVarint(out ulong p2p) || p2p != PeerCode
                || !cursor.TryPrefixed(PeerId.BytesMax, out ReadOnlySpan<byte> id) || !cursor.AtEnd
                || !PeerId.TryParse(id, out peer))
            {
                return false;
            }
        }
        address = new((HostKind)code, host, (port[0] << 8) | port[1], peer);
        return true;
    }

    /// <summary>The binary form.</summary>
    public byte[] Encode()
    {
        byte[] host = Kind is HostKind.Ip4 or HostKind.Ip6
            ? IPAddress.Parse(Host).GetAddressBytes()
            : Prefixed(Encoding.ASCII.GetBytes(Host));
        byte[] address = [(byte)Kind, .. host, (byte)TcpCode, (byte)(Port >> 8), (byte)Port];
        // 421 as a varint.
        return Peer is null ? address : [.. address, 0xa5, 0x03, .. Prefixed(Peer.Bytes)];
    }

    /// <summary>The text form.</summary>
    public override string ToString()
    {
        string name = Kinds.First(kind => kind.Kind == Kind).Name;
        string address = string.Create(CultureInfo.InvariantCulture, $"/{name}/{Host}/tcp/{Port}");
        return Peer is null ? address : $"{address}/p2p/{Peer}";
    }

    private static readonly (HostKind Kind, string Name)[] Kinds =
    [
        (HostKind.Ip4, "ip4"), (HostKind.Ip6, "ip6"), (HostKind.Dns, "dns"), (HostKind.Dns4, "dns4"),
        (HostKind.Dns6, "dns6"),
    ];

    private static byte[] Prefixed(ReadOnlySpan<byte> bytes)
    {
        byte[] target = new byte[Varint.Length((ulong)bytes.Length) + bytes.Length];
        bytes.CopyTo(target.AsSpan(Varint.Write(target, (ulong)bytes.Length)));
        return target;
    }

    private static bool TryHost(ref ByteCursor cursor, ulong code, [NotNullWhen(true)] out string? host)
    {
        host = null;
        switch ((HostKind)code)
        {
            case HostKind.Ip4:
                if (cursor.TryTake(4, out ReadOnlySpan<byte> four))
                    host = new IPAddress(four).ToString();
                break;
            case HostKind.Ip6:
                if (cursor.TryTake(16, out ReadOnlySpan<byte> sixteen))
                    host = new IPAddress(sixteen).ToString();
                break;
            case HostKind.Dns or HostKind.Dns4 or HostKind.Dns6:
                if (cursor.TryPrefixed(HostNameMax, out ReadOnlySpan<byte> name) && Ascii.IsValid(name))
                    _ = TryHostName(Encoding.ASCII.GetString(name), out host);
                break;
        }
        return host is not null;
    }

    private static bool TryHost(HostKind kind, string text, [NotNullWhen(true)] out string? host)
    {
        host = null;
        if (kind is not (HostKind.Ip4 or HostKind.Ip6))
            return TryHostName(text, out host);
        AddressFamily family = kind == HostKind.Ip4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        // The platform reads shorthands such as 127.1 and zones; here an address is written out.
        if (!IPAddress.TryParse(text, out IPAddress? address) || address.AddressFamily != family
            || text.Contains('%', StringComparison.Ordinal) || (kind == HostKind.Ip4 && address.ToString() != text))
        {
            return false;
        }
        host = address.ToString();
        return true;
    }

    private static bool TryHostName(string text, [NotNullWhen(true)] out string? host)
    {
        bool sound = text.Length is > 0 and <= HostNameMax && text[0] is not ('-' or '.')
            && text.AsSpan().IndexOfAnyExcept(HostNameCharacters) < 0;
        host = sound ? text : null;
        return sound;
    }

    private static IPAddress WithoutZone(IPAddress address) => new(address.GetAddressBytes());
}
