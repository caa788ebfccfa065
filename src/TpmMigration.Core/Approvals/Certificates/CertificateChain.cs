using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TpmMigration.Approvals;

/// <summary>The certificates that lead up from one, as far as they are known. Which of them to trust is for the caller to say.</summary>
internal sealed class CertificateChain : IDisposable
{
    private readonly X509Chain _chain = new();

    /// <param name="leaf">The certificate to begin with.</param>
    /// <param name="known">Where its issuers may be among.</param>
    /// <param name="utc">The time at which they must be valid; null for now.</param>
    /// <exception cref="CryptographicException">The platform cannot read a certificate.</exception>
    internal CertificateChain(X509Certificate2 leaf, IEnumerable<X509Certificate2> known, DateTime? utc = null)
    {
        _chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // Where the chain ends is compared by the caller; the platform's own roots mean nothing here.
        _chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
#if NET
        // A hostile certificate would have us fetch its issuer from anywhere. .NET Framework cannot be told not to.
        _chain.ChainPolicy.DisableCertificateDownloads = true;
#endif
        if (utc != null) _chain.ChainPolicy.VerificationTime = utc.Value.ToLocalTime();
        foreach (X509Certificate2 certificate in known) _chain.ChainPolicy.ExtraStore.Add(certificate);
        bool built = _chain.Build(leaf);
        Problems = built ? [] : Serious(_chain.ChainStatus);
    }

    /// <summary>What is wrong with the chain as a whole, other than that it ends at a certificate nobody trusts.</summary>
    internal IReadOnlyList<X509ChainStatusFlags> Problems { get; }

    /// <summary>The certificate at which it ends.</summary>
    internal X509Certificate2 Last => _chain.ChainElements[_chain.ChainElements.Count - 1].Certificate;

    /// <summary>How far up a certificate stands: 0 for the first; -1 if it is not in the chain.</summary>
    internal int IndexOf(byte[] der)
    {
        for (int i = 0; i < _chain.ChainElements.Count; i++)
        {
            if (_chain.ChainElements[i].Certificate.RawData.SequenceEqual(der)) return i;
        }
        return -1;
    }

    /// <summary>What is wrong with the certificates up to one of them.</summary>
    internal IReadOnlyList<X509ChainStatusFlags> ProblemsUpTo(int index) =>
        Enumerable.Range(0, index + 1).SelectMany(i => Serious(_chain.ChainElements[i].ChainElementStatus)).Distinct().ToList();

    /// <summary>What is wrong with the certificates above the first.</summary>
    internal IReadOnlyList<X509ChainStatusFlags> ProblemsAboveFirst =>
        Enumerable.Range(1, _chain.ChainElements.Count - 1).SelectMany(i => Serious(_chain.ChainElements[i].ChainElementStatus)).Distinct().ToList();

    /// <summary>Those up to one of the certificates.</summary>
    internal IEnumerable<X509Certificate2> UpTo(int index) => Enumerable.Range(0, index + 1).Select(i => _chain.ChainElements[i].Certificate);

    internal static X509Certificate2 Load(byte[] der) =>
#if NET
        X509CertificateLoader.LoadCertificate(der);
#else
        new(der);
#endif

    public void Dispose() => _chain.Dispose();

    private static List<X509ChainStatusFlags> Serious(X509ChainStatus[] statuses) => statuses.Select(s => s.Status).Where(s => s is not (
        X509ChainStatusFlags.NoError or X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot
        or X509ChainStatusFlags.RevocationStatusUnknown or X509ChainStatusFlags.OfflineRevocation)).ToList();
}
