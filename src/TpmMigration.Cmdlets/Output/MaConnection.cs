using System;
using TpmMigration.Authorities;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>That a Migration Authority knows this machine's TPM, as plain data without the token.</summary>
public sealed class MaConnection
{
    public string Uri { get; set; } = string.Empty;

    /// <summary>The TPM name of the endorsement key in hexadecimal, by which this machine is known there.</summary>
    public string Client { get; set; } = string.Empty;

    /// <summary>UTC; the proof is given anew after that.</summary>
    public DateTime Expires { get; set; }

    /// <summary>The TPM name of the storage key to which packages are wrapped for this machine, in hexadecimal.</summary>
    public string ParentName { get; set; } = string.Empty;

    public string ParentAlgorithm { get; set; } = string.Empty;

    /// <summary>The subject of the certificate for this machine's attestation key.</summary>
    public string Identity { get; set; } = string.Empty;

    public string IdentityIssuer { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime IdentityNotAfter { get; set; }

    /// <summary>The certificate in DER, base64.</summary>
    public string IdentityCertificate { get; set; } = string.Empty;

    /// <summary>The file to which it was written with that of its issuer, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    internal static MaConnection From(MaToken token, MaServiceAddress address, string path)
    {
        var identity = new CertificateIdentity(token.IdentityCertificates);
        return new MaConnection
        {
            Uri = address.ToString(),
            Client = Hex.Format(token.Client),
            Expires = token.Expires,
            ParentName = Hex.Format(token.StorageKey.Name),
            ParentAlgorithm = KeyTemplates.AlgorithmOf(token.StorageKey),
            Identity = identity.Subject,
            IdentityIssuer = identity.Issuer,
            IdentityNotAfter = identity.NotAfter,
            IdentityCertificate = Convert.ToBase64String(token.IdentityCertificates[0]),
            Path = path,
        };
    }
}
