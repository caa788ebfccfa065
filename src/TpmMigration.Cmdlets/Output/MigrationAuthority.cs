using System;
using TpmMigration.Approvals;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>A signer of the trust register, as plain data.</summary>
public sealed class MigrationAuthority
{
    public string Name { get; set; } = string.Empty;

    public TrustRole Role { get; set; }

    /// <summary>Who it is: a certificate's subject, or a platform's signing key by its TPM name.</summary>
    public string Subject { get; set; } = string.Empty;

    /// <summary>SHA-256 of the certificate, or the digest in the TPM name of a platform's key, in hexadecimal.</summary>
    public string Fingerprint { get; set; } = string.Empty;

    /// <summary>The end of a certificate's time, UTC; null for a platform's key.</summary>
    public DateTime? NotAfter { get; set; }

    /// <summary>Whether those are trusted too to whom this authority issued certificates.</summary>
    public bool IncludesIssued { get; set; }

    /// <summary>UTC.</summary>
    public DateTime Registered { get; set; }

    public string RegisteredBy { get; set; } = string.Empty;

    /// <summary>Empty if nobody said why.</summary>
    public string Reason { get; set; } = string.Empty;

    /// <summary>The certificate in DER, base64; null for a platform's key.</summary>
    public string? SignerCertificate { get; set; }

    /// <summary>The TPMT_PUBLIC of a platform's signing key, base64; null for a certificate.</summary>
    public string? SignerKey { get; set; }

    internal static MigrationAuthority From(TrustEntry entry)
    {
        var certificate = entry.Signer as CertificateIdentity;
        return new MigrationAuthority
        {
            Name = entry.Name,
            Role = entry.Roles,
            Subject = entry.Signer.Description,
            Fingerprint = Hex.Format(entry.Signer.Fingerprint),
            NotAfter = certificate?.NotAfter,
            IncludesIssued = entry.IncludesIssued,
            Registered = entry.Registered,
            RegisteredBy = entry.RegisteredBy,
            Reason = entry.Reason ?? string.Empty,
            SignerCertificate = certificate == null ? null : Convert.ToBase64String(certificate.Certificates[0]),
            SignerKey = entry.Signer is PlatformIdentity platform ? Convert.ToBase64String(platform.PublicArea.Marshal()) : null,
        };
    }

    public override string ToString() => Name;
}
