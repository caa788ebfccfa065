using System.Collections.Generic;
using System.Linq;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>
/// Proves this machine's TPM to a Migration Authority: it releases a secret that only the TPM of its endorsement key releases, for its attestation
/// key, and certifies the storage key to which packages are to be wrapped for it.
/// </summary>
public static class MaAuthentication
{
    private const int MostCertificates = 8;

    /// <param name="service">The Migration Authority.</param>
    /// <param name="loader">TPM and store; the attestation key is made if need be.</param>
    /// <param name="parent">A storage key of the store; null for the storage root key.</param>
    /// <param name="higherCertificates">Certificates in DER above the endorsement certificate, where the TPM does not hold them.</param>
    /// <exception cref="MaServiceException">The Migration Authority does not let this TPM in, or there is no answer that can be used.</exception>
    /// <exception cref="KeyException">The parent is missing, no storage key, or of another TPM.</exception>
    public static MaToken Run(MaServiceClient service, KeyLoader loader, string? parent, IReadOnlyList<byte[]> higherCertificates)
    {
        EndorsementKey endorsement = EndorsementKey.Read(loader.Device)
            ?? throw new MaServiceException(MaServiceFault.EndorsementKeyUnsupported, "This machine's TPM keeps no endorsement key, and its endorsement hierarchy does not let one be made, so that it cannot prove itself.");
        if (EndorsementTemplate.Of(endorsement.PublicArea) == null)
            throw new MaServiceException(MaServiceFault.EndorsementKeyUnsupported, "This machine's endorsement key follows none of the default templates, so that it cannot prove itself.");
        List<byte[]> certificates = endorsement.Certificate == null ? [] : [endorsement.Certificate, .. EndorsementCertificateChain.Read(loader.Device), .. higherCertificates];
        _ = LoadParent(loader, parent);
        TpmtPublic attestationKey = AttestationKeyOf(loader);
        MaChallenge challenge = service.Authenticate(endorsement.PublicArea, certificates.Take(MostCertificates).ToList(), attestationKey);
        byte[] secret = Activate(service, loader, endorsement.PublicArea, challenge);
        try
        {
            TpmObject storageKey = LoadParent(loader, parent);
            KeyCertification certification = AttestationKey.Certify(loader, storageKey, loader.ParentAuthorization(storageKey), challenge.Nonce);
            MaToken token = service.CompleteAuthentication(challenge, secret, storageKey.PublicArea, certification.Statement, certification.Signature.Marshal());
            if (!SecretBytes.FixedTimeEquals(token.Client, endorsement.PublicArea.Name)) throw service.Refused("knows this machine by another endorsement key than its own");
            RequireIdentity(service, token, attestationKey);
            return token;
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
    }

    private static TpmObject LoadParent(KeyLoader loader, string? parent)
    {
        TpmObject key = loader.LoadParent(parent);
        return key.PublicArea.Has(TpmaObject.FixedTpm | TpmaObject.FixedParent)
            ? key
            : throw new MaServiceException(MaServiceFault.CertificationRefused, $"The storage key '{parent}' can itself be migrated, and what is wrapped to it with it. A Migration Authority wraps packages to a key that is bound to its TPM: leave -Parent out for the storage root key.");
    }

    private static TpmtPublic AttestationKeyOf(KeyLoader loader)
    {
        TpmObject key = AttestationKey.Load(loader);
        loader.Device.Flush(key.Handle);
        return key.PublicArea;
    }

    private static byte[] Activate(MaServiceClient service, KeyLoader loader, TpmtPublic endorsementKey, MaChallenge challenge)
    {
        try
        {
            return CredentialActivation.Activate(loader, endorsementKey, challenge.Credential);
        }
        // What TPMs say to a credential that was made for other keys, or altered.
        catch (TpmException e) when (e.Code == TpmRc.Integrity || e.Code == TpmRc.ValueCode || e.Code == TpmRc.Size || e.Code == TpmRc.EccPoint || e.Code == TpmRc.Insufficient)
        {
            throw service.Refused($"sends a challenge that was not made for this machine's TPM ({e.Message})", e);
        }
    }

    /// <summary>An identity certificate must be for the key that authenticated; who issued it is for its reader to weigh.</summary>
    private static void RequireIdentity(MaServiceClient service, MaToken token, TpmtPublic attestationKey)
    {
        try
        {
            KeyCertificateChain.Normalize(KeyCertificateChain.ToPem(token.IdentityCertificates), attestationKey);
        }
        catch (KeyDataException e)
        {
            throw service.Refused("gives an identity certificate that is not for this machine's attestation key", e);
        }
    }
}
