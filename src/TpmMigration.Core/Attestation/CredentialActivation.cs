using System;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>Has this TPM release a credential: the answer to a challenge that its endorsement key and attestation key are in one TPM. TPM 2.0 Part 1, 24.</summary>
public static class CredentialActivation
{
    /// <summary>Releases a credential that was made for the platform's attestation key.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="endorsementKey">The endorsement key to which it is encrypted, of a default template.</param>
    /// <param name="credential">The protected credential.</param>
    /// <returns>The secret, which crosses the bus encrypted. The caller clears it.</returns>
    /// <exception cref="ArgumentException">The endorsement key is another TPM's.</exception>
    /// <exception cref="TpmException">The TPM refuses: the credential is for another key, or was altered.</exception>
    public static byte[] Activate(KeyLoader loader, TpmtPublic endorsementKey, ProtectedCredential credential)
    {
        TpmSession protection = loader.Session;
        TpmObject endorsement = loader.FindEndorsementKey(endorsementKey)
            ?? throw new ArgumentException("The endorsement key is none of this TPM's.", nameof(endorsementKey));
        TpmObject attestation = AttestationKey.Load(loader);
        try
        {
            using TpmSession policy = TpmSession.Start(loader.Device, TpmSe.Policy, hash: endorsementKey.NameAlg);
            EndorsementKey.Satisfy(loader.Device, policy, endorsementKey);
            return loader.Device.Execute(
                new ActivateCredential { ActivateHandle = attestation.Handle, KeyHandle = endorsement.Handle, CredentialBlob = credential.IdObject, Secret = credential.EncryptedSecret },
                TpmAuthorization.Empty, policy.Authorize([]), protection.Protect(TpmaSession.Encrypt));
        }
        finally
        {
            loader.Device.Flush(attestation.Handle);
        }
    }
}
