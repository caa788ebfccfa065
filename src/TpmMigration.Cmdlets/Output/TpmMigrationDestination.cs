using System;
using TpmMigration.Tpm;
using TpmMigration.Approvals;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>A destination, as plain data with its document.</summary>
public sealed class TpmMigrationDestination
{
    public string HostName { get; set; } = string.Empty;

    public DestinationKind Kind { get; set; }

    /// <summary>The TPM name of the new parent in hexadecimal.</summary>
    public string ParentName { get; set; } = string.Empty;

    public string ParentAlgorithm { get; set; } = string.Empty;

    public bool HasEndorsementCertificate { get; set; }

    /// <summary>Whether an attestation key vouches for the parent.</summary>
    public bool IsCertified { get; set; }

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    /// <summary>The file it was written to, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The XML document.</summary>
    public string Document { get; set; } = string.Empty;

    internal static TpmMigrationDestination From(MigrationDestination destination, string document, string path) => new()
    {
        HostName = destination.HostName,
        Kind = destination.Kind,
        ParentName = Hex.Format(destination.Parent.Name),
        ParentAlgorithm = KeyTemplates.AlgorithmOf(destination.Parent),
        HasEndorsementCertificate = destination.EndorsementCertificates.Count != 0,
        IsCertified = destination.Certification != null,
        Created = destination.Created,
        Path = path,
        Document = document,
    };
}
