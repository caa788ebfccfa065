using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>A Migration Package, as plain data with its document.</summary>
public sealed class TpmMigrationPackage
{
    public Guid Id { get; set; }

    public PackagePurpose Purpose { get; set; }

    public string SourceHost { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    /// <summary>The TPM name of the new parent in hexadecimal.</summary>
    public string DestinationName { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    public int KeyCount { get; set; }

    /// <summary>Whether the keys have an inner wrap, so that the destination's TPM alone does not open them.</summary>
    public bool InnerWrap { get; set; }

    /// <summary>The subjects of the recovery agents who can release the package.</summary>
    public string[] RecoveryAgents { get; set; } = [];

    /// <summary>Whether a recovery passphrase opens the inner wrap.</summary>
    public bool RecoveryPassphrase { get; set; }

    public TpmMigrationPackageKey[] Keys { get; set; } = [];

    /// <summary>Who signed it, by the package's own word: a certificate's subject, or a platform's signing key.</summary>
    public string Signer { get; set; } = string.Empty;

    /// <summary>SHA-256 of the signer's certificate, or the digest in the TPM name of its key, in hexadecimal.</summary>
    public string SignerFingerprint { get; set; } = string.Empty;

    /// <summary>How the signer stands in this machine's trust register; null where that was not asked.</summary>
    public TrustStanding? Trust { get; set; }

    /// <summary>The sentence to it.</summary>
    public string TrustReason { get; set; } = string.Empty;

    /// <summary>The signer's certificate in DER, base64; null for a platform's key.</summary>
    public string? SignerCertificate { get; set; }

    /// <summary>The TPMT_PUBLIC of a platform's signing key, base64; null for a certificate.</summary>
    public string? SignerKey { get; set; }

    /// <summary>The file it is in, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The XML document; empty where it is in a file.</summary>
    public string Document { get; set; } = string.Empty;

    internal static TpmMigrationPackage From(MigrationPackage package, string document, string path, TrustVerdict? trust)
    {
        Dictionary<Guid, string> names = package.Keys.ToDictionary(k => k.Id, k => k.Name);
        return new TpmMigrationPackage
        {
            Id = package.Id,
            Purpose = package.Purpose,
            SourceHost = package.Source.HostName,
            DestinationHost = package.Destination.HostName,
            DestinationName = Hex.Format(package.Destination.Parent.Name),
            Created = package.Created,
            KeyCount = package.Keys.Count,
            InnerWrap = package.InnerWrap != null,
            RecoveryAgents = package.InnerWrap == null ? [] : RecoveryAgent.SubjectsOf(package.InnerWrap).ToArray(),
            RecoveryPassphrase = package.InnerWrap?.Passphrase != null,
            Keys = package.Keys.Select(k => TpmMigrationPackageKey.From(k, names)).ToArray(),
            Signer = package.Signature?.Signer.Description ?? string.Empty,
            SignerFingerprint = package.Signature == null ? string.Empty : Hex.Format(package.Signature.Signer.Fingerprint),
            Trust = trust?.Standing,
            TrustReason = trust?.Reason ?? string.Empty,
            SignerCertificate = package.Signature?.Signer is CertificateIdentity certificate ? Convert.ToBase64String(certificate.Certificates[0]) : null,
            SignerKey = package.Signature?.Signer is PlatformIdentity platform ? Convert.ToBase64String(platform.PublicArea.Marshal()) : null,
            Path = path,
            Document = document,
        };
    }
}

/// <summary>A key of a package.</summary>
public sealed class TpmMigrationPackageKey
{
    public string Name { get; set; } = string.Empty;

    public KeyKind Kind { get; set; }

    public KeyRole Role { get; set; }

    public string Algorithm { get; set; } = string.Empty;

    /// <summary>The name of its parent in the package; empty for one that was wrapped to the destination itself.</summary>
    public string Parent { get; set; } = string.Empty;

    public bool HasPassword { get; set; }

    /// <summary>What its use takes besides a password, in words; empty for most keys.</summary>
    public string UsePolicy { get; set; } = string.Empty;

    /// <summary>The values that PCRs must have for its use, as sha256:7=00ff...</summary>
    public string[] ExpectedPcrs { get; set; } = [];

    /// <summary>What is kept with it, by type and name, and not readable here.</summary>
    public string[] Data { get; set; } = [];

    /// <summary>The TPM name in hexadecimal.</summary>
    public string TpmName { get; set; } = string.Empty;

    internal static TpmMigrationPackageKey From(PackageKey key, Dictionary<Guid, string> names) => From(key, names, KeyClassification.Of(key.PublicArea, key.Policy));

    private static TpmMigrationPackageKey From(PackageKey key, Dictionary<Guid, string> names, KeyClassification classification) => new()
    {
        Name = key.Name,
        Kind = classification.Kind,
        UsePolicy = classification.Use?.ToString() ?? string.Empty,
        ExpectedPcrs = key.ExpectedPcrs.Select(pcr => pcr.ToString()).ToArray(),
        Role = KeyTemplates.RoleOf(key.PublicArea),
        Algorithm = KeyTemplates.AlgorithmOf(key.PublicArea),
        Parent = key.Blob is ChildBlob child ? names[child.ParentId] : string.Empty,
        HasPassword = key.HasPassword,
        Data = key.Data.Select(item => $"{item.Type} {item.Name}").ToArray(),
        TpmName = Hex.Format(key.PublicArea.Name),
    };

    public override string ToString() => Name;
}
