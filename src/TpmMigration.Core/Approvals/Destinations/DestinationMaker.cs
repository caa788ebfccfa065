using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Makes destination documents: this machine's, or that of a machine of which the endorsement certificate is known.</summary>
public static class DestinationMaker
{
    /// <param name="loader">TPM and store.</param>
    /// <param name="parent">A storage key of the store, or null for the storage root key.</param>
    /// <param name="certify">Whether the attestation key is to vouch for the parent; it is made if need be.</param>
    /// <param name="higherCertificates">Certificates in DER above the endorsement certificate, where the TPM does not hold them.</param>
    public static MigrationDestination Make(KeyLoader loader, string? parent, bool certify, IReadOnlyList<byte[]> higherCertificates)
    {
        TpmObject newParent = loader.LoadParent(parent);
        KeyCertification? certification = certify ? AttestationKey.Certify(loader, newParent) : null;
        EndorsementKey? endorsement = EndorsementKey.Read(loader.Device);
        return new MigrationDestination
        {
            Kind = DestinationKind.StorageKey,
            HostName = Environment.MachineName,
            Created = StoredKeys.Now(),
            Parent = newParent.PublicArea,
            EndorsementKey = endorsement?.PublicArea,
            EndorsementCertificates = endorsement?.Certificate == null ? [] : new[] { endorsement.Certificate }.Concat(higherCertificates).ToList(),
            Certification = certification,
        };
    }

    /// <summary>The endorsement key that a certificate is for, as a destination. No TPM is needed.</summary>
    /// <param name="certificate">The endorsement certificate.</param>
    /// <param name="hostName">The machine's name as people know it; null for one made of the key's TPM name.</param>
    /// <param name="higherCertificates">Certificates in DER above it.</param>
    public static MigrationDestination Make(EndorsementCertificate certificate, string? hostName, IReadOnlyList<byte[]> higherCertificates) =>
        Make(certificate.PublicArea, hostName ?? "EK-" + Hex.Format(certificate.PublicArea.Name).Substring(4, 16), [certificate.Der, .. higherCertificates]);

    /// <summary>This machine's endorsement key as a destination.</summary>
    /// <param name="device">The TPM.</param>
    /// <param name="higherCertificates">Certificates in DER above the endorsement certificate, where the TPM does not hold them.</param>
    /// <exception cref="DestinationException">The TPM gives no endorsement key, or one that follows no default template.</exception>
    public static MigrationDestination MakeOfEndorsementKey(TpmDevice device, IReadOnlyList<byte[]> higherCertificates)
    {
        EndorsementKey key = EndorsementKey.Read(device) ?? throw new DestinationException(
            DestinationFault.EndorsementKeyMissing,
            "This machine's TPM keeps no endorsement key, and its endorsement hierarchy does not let one be made. Make the destination with a storage key: leave out -EndorsementKey.");
        if (EndorsementTemplate.Of(key.PublicArea) == null)
            throw new DestinationException(DestinationFault.EndorsementKeyUnsupported, "This machine's endorsement key follows none of the default templates. Make the destination with a storage key: leave out -EndorsementKey.");
        return Make(key.PublicArea, Environment.MachineName, key.Certificate == null ? [] : [key.Certificate, .. higherCertificates]);
    }

    private static MigrationDestination Make(TpmtPublic endorsementKey, string hostName, IReadOnlyList<byte[]> certificates) => new()
    {
        Kind = DestinationKind.EndorsementKey,
        HostName = hostName,
        Created = StoredKeys.Now(),
        Parent = endorsementKey,
        EndorsementKey = endorsementKey,
        EndorsementCertificates = certificates,
    };
}
