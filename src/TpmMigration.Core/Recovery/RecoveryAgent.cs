using System;
using System.Collections.Generic;
using Org.BouncyCastle.X509;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>A recovery agent: an X.509 certificate to whose key the recovery key is encrypted, and which signs releases.</summary>
public sealed record RecoveryAgent
{
    private readonly CertificateIdentity _identity;

    /// <param name="certificate">DER.</param>
    /// <exception cref="RecoveryException">It is no certificate, or its key is none of RSA from 2048 bits, ECC P-256, P-384.</exception>
    public RecoveryAgent(byte[] certificate)
    {
        try
        {
            _identity = new CertificateIdentity([certificate]);
        }
        catch (SignatureException e)
        {
            throw new RecoveryException(RecoveryFault.AgentUnsuitable, $"The certificate cannot be a recovery agent's. {e.Message} Choose another certificate.", e);
        }
    }

    /// <summary>DER.</summary>
    public byte[] Certificate => _identity.Certificates[0];

    public string Subject => _identity.Subject;

    /// <summary>SHA-256 of the certificate.</summary>
    public byte[] Fingerprint => _identity.Fingerprint;

    internal AsymmetricPublic Key => _identity.Key;

    /// <summary>Sees to it that what is handed to the agent now can be opened and released by the agent later.</summary>
    /// <exception cref="RecoveryException">The certificate is not valid now, or not for encryption and signatures.</exception>
    public void RequireUsable(DateTime utc)
    {
        if (utc < _identity.NotBefore || utc > _identity.NotAfter)
            throw Unsuitable(FormattableString.Invariant($"is valid from {_identity.NotBefore:yyyy-MM-dd} to {_identity.NotAfter:yyyy-MM-dd}, and not now"));
        bool[]? usage = new X509CertificateParser().ReadCertificate(Certificate).GetKeyUsage();
        const int keyEncipherment = 2, keyAgreement = 4;
        bool rsa = Key is RsaPublic;
        if (usage != null && !usage[rsa ? keyEncipherment : keyAgreement])
            throw Unsuitable($"is not for encryption: its key usage lacks {(rsa ? "keyEncipherment" : "keyAgreement")}");
        if (!_identity.MaySign)
            throw Unsuitable("is not for signatures, with which an agent releases keys: its key usage lacks digitalSignature");
    }

    /// <summary>The recovery key for this agent alone: CMS EnvelopedData in DER.</summary>
    internal byte[] Seal(RecoveryKey key) => AgentEnvelope.Seal(Certificate, Key, key.Secret);

    public bool Equals(RecoveryAgent? other) => other != null && SecretBytes.FixedTimeEquals(Certificate, other.Certificate);

    public override int GetHashCode() => BitConverter.ToInt32(Fingerprint, 0);

    /// <summary>The agents of a package by name, for people; those whose certificate cannot be read are left out.</summary>
    public static IEnumerable<string> SubjectsOf(PackageInnerWrap wrap)
    {
        foreach (PackageRecoveryAgent named in wrap.Agents)
        {
            if (TryRead(named.Certificate) is { } agent) yield return agent.Subject;
        }
    }

    private static RecoveryAgent? TryRead(byte[] certificate)
    {
        try
        {
            return new RecoveryAgent(certificate);
        }
        catch (RecoveryException)
        {
            return null;
        }
    }

    private RecoveryException Unsuitable(string why) =>
        new(RecoveryFault.AgentUnsuitable, $"The certificate '{Subject}' cannot be a recovery agent's: it {why}. Choose another certificate.");
}
