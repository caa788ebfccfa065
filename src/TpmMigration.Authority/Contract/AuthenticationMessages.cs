using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using static TpmMigration.Authority.Contract.MessageText;
using static TpmMigration.Authority.Contract.ServiceNamespace;

namespace TpmMigration.Authority.Contract;

/// <summary>Who wants to authenticate.</summary>
/// <param name="EndorsementKey">Null where its certificate is to tell it.</param>
/// <param name="EndorsementCertificates">As they lie in the TPM; the endorsement certificate first.</param>
/// <param name="AttestationKey">What calls itself an attestation key.</param>
internal sealed record AuthenticateRequest(TpmtPublic? EndorsementKey, IReadOnlyList<byte[]> EndorsementCertificates, TpmtPublic AttestationKey)
{
    private const int MostCertificates = 8;

    internal static AuthenticateRequest Read(StrictElement message)
    {
        TpmtPublic? endorsement = message.OptionalChild("EndorsementKey")?.Structure(TpmtPublic.Unmarshal);
        IReadOnlyList<byte[]> certificates = message.Base64List("EndorsementCertificate", MostCertificates);
        TpmtPublic attestation = message.Child("AttestationKey").Structure(TpmtPublic.Unmarshal);
        message.End();
        return new AuthenticateRequest(endorsement, certificates, attestation);
    }
}

/// <summary>A challenge for one TPM.</summary>
/// <param name="Challenge">What the service wants to see again, sealed.</param>
/// <param name="Credential">What the TPM is to release.</param>
/// <param name="Nonce">The qualifying data of the certification, 32 bytes.</param>
/// <param name="Expires">UTC.</param>
internal sealed record AuthenticateResponse(byte[] Challenge, ProtectedCredential Credential, byte[] Nonce, DateTime Expires)
{
    internal XElement ToElement() => new(Ns + "AuthenticateResponse",
        Element("Challenge", Challenge),
        Element("CredentialBlob", Credential.IdObject),
        Element("EncryptedSecret", Credential.EncryptedSecret),
        Element("Nonce", Nonce),
        Element("Expires", Expires));
}

/// <summary>A challenge and what the TPM says to it.</summary>
/// <param name="Challenge">As it was sent.</param>
/// <param name="Secret">What the TPM released. Whoever handles the request clears it.</param>
/// <param name="StorageKey">The parent to which packages are to be wrapped for the client.</param>
/// <param name="Statement">TPMS_ATTEST.</param>
/// <param name="Signature">The attestation key's.</param>
internal sealed record CompleteAuthenticationRequest(byte[] Challenge, byte[] Secret, TpmtPublic StorageKey, byte[] Statement, TpmtSignature Signature)
{
    internal static CompleteAuthenticationRequest Read(StrictElement message)
    {
        var request = new CompleteAuthenticationRequest(
            message.Child("Challenge").Base64(),
            message.Child("Secret").Base64(),
            message.Child("StorageKey").Structure(TpmtPublic.Unmarshal),
            message.Child("Statement").Base64(),
            message.Child("Signature").Structure(TpmtSignature.Unmarshal));
        message.End();
        return request;
    }

    /// <summary>The statement, as evidence for the storage key.</summary>
    internal KeyCertification CertificationBy(TpmtPublic attestationKey) => new(attestationKey, Statement, Signature);
}

/// <summary>The client is known.</summary>
/// <param name="Token">For the other operations.</param>
/// <param name="Expires">UTC.</param>
/// <param name="Client">TPM name of the endorsement key.</param>
/// <param name="IdentityCertificates">DER: one for the attestation key, then its issuer's.</param>
internal sealed record CompleteAuthenticationResponse(byte[] Token, DateTime Expires, byte[] Client, IReadOnlyList<byte[]> IdentityCertificates)
{
    /// <summary>TPM name of the attestation key; not told.</summary>
    public required byte[] AttestationKey { get; init; }

    internal XElement ToElement() => new(Ns + "CompleteAuthenticationResponse",
        Element("Token", Token),
        Element("Expires", Expires),
        HexElement("Client", Client),
        IdentityCertificates.Select(certificate => Element("IdentityCertificate", certificate)));
}
