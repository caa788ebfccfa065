using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Attestation;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Clients;

/// <summary>Whether keys that somebody shows are those of a TPM that is let in. That they are in one TPM is for the challenge to prove.</summary>
internal static class EndorsementCheck
{
    /// <summary>The endorsement key that is shown, or that is in the certificate that is shown.</summary>
    /// <exception cref="AuthorityException">There is none, or none of a default template.</exception>
    internal static TpmtPublic KeyOf(AuthenticateRequest request)
    {
        TpmtPublic key = request.EndorsementKey ?? KeyInCertificate(request.EndorsementCertificates);
        // The template fixes all but the key itself: that it is restricted to credentials and bound to its TPM, and what its name is.
        if (EndorsementTemplate.Of(key) == null)
            throw new AuthorityException(AuthorityFault.EndorsementKeyUnsupported, "The endorsement key follows none of the default templates of the TCG EK Credential Profile: L-1, L-2, H-3, H-6.");
        return key;
    }

    /// <summary>Sees to it that somebody vouches for an endorsement key: the operator, who named it, or its manufacturer.</summary>
    /// <exception cref="AuthorityException">Nobody does.</exception>
    internal static void RequireTrusted(VaultDatabase database, TpmtPublic key, IReadOnlyList<byte[]> certificates)
    {
        (bool isNamed, IReadOnlyList<byte[]> roots) = database.Read(transaction => (TrustList.Names(transaction, key.Name), TrustList.Roots(transaction)));
        if (isNamed) return;
        List<string> findings = [];
        if (EndorsementEvidence.Examine(key, certificates, roots, findings, isParent: true) == EvidenceVerdict.Proven) return;
        throw new AuthorityException(AuthorityFault.EndorsementKeyNotTrusted, $"No trusted manufacturer vouches for the endorsement key, and it is not among those allowed. {string.Join(" ", findings)} Send the certificates between its own and the manufacturer's root, or ask the operator to let it in.");
    }

    /// <summary>Sees to it that a key is an attestation key by its attributes.</summary>
    /// <exception cref="AuthorityException">It is not.</exception>
    internal static void RequireAttestationKey(TpmtPublic key)
    {
        if (!key.Has(CertificationExaminer.BoundSigner) || key.Has(TpmaObject.Decrypt))
            throw Refused("it lacks restricted, sign, fixedTPM, fixedParent or sensitiveDataOrigin, or can decrypt, so that its user could have it sign anything.");
        if (key.NameAlg == TpmAlgId.Sha1 || !TpmHash.IsSupported(key.NameAlg))
            throw Refused("its name is made with a hash that is too weak or not supported.");
        try
        {
            CertificateKey.Checked(key.ToAsymmetric());
        }
        catch (Exception e) when (e is SignatureException or TpmWireException)
        {
            throw Refused("it is neither RSA from 2048 bits nor ECC P-256 or P-384.", e);
        }
    }

    private static TpmtPublic KeyInCertificate(IReadOnlyList<byte[]> certificates)
    {
        if (certificates.Count == 0)
            throw new AuthorityException(AuthorityFault.Malformed, "The message has neither an endorsement key nor a certificate of one.");
        try
        {
            return EndorsementCertificate.Read(certificates[0]).PublicArea;
        }
        catch (DestinationException e)
        {
            throw new AuthorityException(AuthorityFault.EndorsementKeyUnsupported, "The endorsement certificate gives no key of a default template. Send the public area of the endorsement key.", e);
        }
    }

    private static AuthorityException Refused(string why, Exception? inner = null) =>
        new(AuthorityFault.AttestationKeyRefused, "The key that was shown is no attestation key: " + why, inner);
}
