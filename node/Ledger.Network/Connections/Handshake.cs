using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;

namespace Ledger.Network.Connections;

/// <summary>A byte stream that is secured, and the peer proven to be at its other end.</summary>
internal sealed record SecuredStream(SslStream Stream, PeerPublicKey RemoteKey);

/// <summary>
/// From a fresh TCP connection to a secured one that speaks yamux: multistream-select for <c>/tls/1.0.0</c>, TLS 1.3 with
/// certificates on both sides and no resumption, and the muxer by ALPN (libp2p specification, <c>tls</c> and
/// <c>connections/inlined-muxer-negotiation</c>) or, where the other side cannot, by multistream-select.
/// </summary>
internal sealed class Handshake(X509Certificate2 certificate, TimeProvider time)
{
    public const string Tls = "/tls/1.0.0";
    public const string Yamux = "/yamux/1.0.0";

    private static readonly SslApplicationProtocol YamuxByAlpn = new(Yamux);
    private static readonly SslApplicationProtocol MuxerLater = new("libp2p");

    private readonly SslStreamCertificateContext _certificate =
        SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);

    /// <param name="expected">The only peer that is accepted, or null for any.</param>
    /// <exception cref="NetworkException">The handshake failed; the raw stream is of no more use.</exception>
    public async Task<SecuredStream> DialAsync(Stream raw, PeerId? expected, CancellationToken stop)
    {
        await Negotiation.ProposeAsync(raw, Tls, default, stop);
        RemoteCertificate remote = new(expected, time);
        SslClientAuthenticationOptions options = new()
        {
            // Specification: no server name is sent.
            TargetHost = "",
            ClientCertificateContext = _certificate,
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [YamuxByAlpn, MuxerLater],
            RemoteCertificateValidationCallback = remote.Judge,
            CertificateChainPolicy = RemoteCertificate.NoChain(),
            AllowTlsResume = false,
            AllowRenegotiation = false,
        };
        return await SecureAsync(raw, stream => stream.AuthenticateAsClientAsync(options, stop), remote, dials: true, stop);
    }

    /// <inheritdoc cref="DialAsync"/>
    public async Task<SecuredStream> AcceptAsync(Stream raw, CancellationToken stop)
    {
        await Negotiation.AnswerAsync(raw, protocol => protocol == Tls, stop);
        RemoteCertificate remote = new(null, time);
        SslServerAuthenticationOptions options = new()
        {
            ServerCertificateContext = _certificate,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [YamuxByAlpn, MuxerLater],
            RemoteCertificateValidationCallback = remote.Judge,
            CertificateChainPolicy = RemoteCertificate.NoChain(),
            AllowTlsResume = false,
            AllowRenegotiation = false,
        };
        return await SecureAsync(raw, stream => stream.AuthenticateAsServerAsync(options, stop), remote, dials: false, stop);
    }

    private static async Task<SecuredStream> SecureAsync(
        Stream raw, Func<SslStream, Task> authenticate, RemoteCertificate remote, bool dials, CancellationToken stop)
    {
        SslStream secured = new(raw, leaveInnerStreamOpen: false);
        try
        {
            await authenticate(secured);
            if (secured.NegotiatedApplicationProtocol == MuxerLater)
            {
                await (dials
                    ? Negotiation.ProposeAsync(secured, Yamux, default, stop)
                    : Negotiation.AnswerAsync(secured, protocol => protocol == Yamux, stop));
            }
            else if (secured.NegotiatedApplicationProtocol != YamuxByAlpn)
            {
                throw new NetworkException(NetworkFault.ProtocolUnknown, "The peer offers no muxer that is spoken here.");
            }
            return new(secured, remote.Key!);
        }
        catch (Exception trouble)
        {
            await secured.DisposeAsync();
            if (remote.Problem is { } problem)
                throw new NetworkException(NetworkFault.IdentityWrong, $"The peer is refused: {problem}.", trouble);
            if (trouble is AuthenticationException)
                throw new NetworkException(NetworkFault.Unreachable, "The TLS handshake failed.", trouble);
            throw;
        }
    }
}
