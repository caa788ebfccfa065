using System;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>A certification of a key, as plain data with its document.</summary>
public sealed class TpmKeyCertification
{
    public string KeyName { get; set; } = string.Empty;

    public string HostName { get; set; } = string.Empty;

    /// <summary>The TPM name of the key in hexadecimal.</summary>
    public string TpmName { get; set; } = string.Empty;

    public string Algorithm { get; set; } = string.Empty;

    /// <summary>The TPM name of the attestation key in hexadecimal.</summary>
    public string AttestationKey { get; set; } = string.Empty;

    /// <summary>In hexadecimal, or empty.</summary>
    public string Nonce { get; set; } = string.Empty;

    /// <summary>Whether it holds the proof that the TPM made the key.</summary>
    public bool HasCreation { get; set; }

    public bool HasEndorsementCertificate { get; set; }

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    /// <summary>The file it was written to, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The XML document.</summary>
    public string Document { get; set; } = string.Empty;

    internal static TpmKeyCertification From(CertifiedKey key, string document, string path) => new()
    {
        KeyName = key.KeyName,
        HostName = key.HostName,
        TpmName = Hex.Format(key.TpmName),
        Algorithm = KeyTemplates.AlgorithmOf(key.PublicArea),
        AttestationKey = Hex.Format(key.Certification.AttestationKey.Name),
        Nonce = Hex.Format(key.Nonce),
        HasCreation = key.Creation != null,
        HasEndorsementCertificate = key.EndorsementCertificates.Count != 0,
        Created = key.Created,
        Path = path,
        Document = document,
    };
}
