using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Makes this machine's destination document.</summary>
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
}
