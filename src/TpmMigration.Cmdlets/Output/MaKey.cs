using System;
using TpmMigration.Approvals;
using TpmMigration.Authorities;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>The storage key of a Migration Authority, as plain data with its signed document.</summary>
public sealed class MaKey
{
    /// <summary>The Migration Authority's.</summary>
    public string Name { get; set; } = string.Empty;

    public string Uri { get; set; } = string.Empty;

    /// <summary>The TPM name of the storage key in hexadecimal.</summary>
    public string ParentName { get; set; } = string.Empty;

    public string ParentAlgorithm { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    /// <summary>The subject of the certificate that signed it.</summary>
    public string Signer { get; set; } = string.Empty;

    /// <summary>SHA-256 of that certificate, in hexadecimal.</summary>
    public string SignerFingerprint { get; set; } = string.Empty;

    /// <summary>How the signer stands in this machine's trust register, as a Migration Authority.</summary>
    public TrustStanding Trust { get; set; }

    /// <summary>The sentence to it.</summary>
    public string TrustReason { get; set; } = string.Empty;

    /// <summary>The signer's certificate in DER, base64.</summary>
    public string SignerCertificate { get; set; } = string.Empty;

    /// <summary>The file it was written to, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The signed XML document.</summary>
    public string Document { get; set; } = string.Empty;

    internal static MaKey From(MaKeyAnswer answer, MaServiceAddress address, TrustVerdict trust)
    {
        var signer = (CertificateIdentity)answer.Key.Signature!.Signer;
        return new MaKey
        {
            Name = answer.Key.AuthorityName,
            Uri = address.ToString(),
            ParentName = Hex.Format(answer.Key.Parent.Name),
            ParentAlgorithm = KeyTemplates.AlgorithmOf(answer.Key.Parent),
            Created = answer.Key.Created,
            Signer = signer.Subject,
            SignerFingerprint = Hex.Format(signer.Fingerprint),
            Trust = trust.Standing,
            TrustReason = trust.Reason,
            SignerCertificate = Convert.ToBase64String(signer.Certificates[0]),
            Document = answer.Document,
        };
    }

    public override string ToString() => Name;
}
