using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Addresses;
using Ledger.Network.Identity;

namespace Ledger.Network.Connections;

/// <summary>Judges the certificate of one handshake and remembers the outcome.</summary>
internal sealed class RemoteCertificate(PeerId? expected, TimeProvider time)
{
    /// <summary>The key that was proven; null until then.</summary>
    public PeerPublicKey? Key { get; private set; }

    /// <summary>Why the certificate was refused.</summary>
    public string? Problem { get; private set; }

    /// <summary>The platform builds a chain before it asks; this one leads nowhere and fetches nothing.</summary>
    public static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        VerificationFlags = X509VerificationFlags.AllFlags,
        DisableCertificateDownloads = true,
    };

    public bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Problem = Find(certificate, chain);
        return Problem is null;
    }

    private string? Find(X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is null)
            return "it sent no certificate";
        byte[] der = certificate.GetRawCertData();
        if (chain is not null && chain.ChainPolicy.ExtraStore.Any(other => !other.RawDataMemory.Span.SequenceEqual(der)))
            return "it sent more than one certificate";
        if (!PeerCertificate.TryVerify(der, time.GetUtcNow(), out PeerPublicKey? key, out string? problem))
            return problem;
        if (expected is not null && key.Peer != expected)
            return $"it is {key.Peer}, and not {expected} as expected";
        Key = key;
        return null;
    }
}
