using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1.X509;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Weighs an endorsement certificate: does it name the endorsement key, and where does its chain end?</summary>
internal static class EndorsementEvidence
{
    /// <param name="endorsementKey">The endorsement key; null where the platform could not read it.</param>
    /// <param name="certificates">As they lie in the TPM: the endorsement certificate, then those above it.</param>
    /// <param name="trustedRoots">Certificates in DER at which the chain may end.</param>
    /// <param name="findings">Takes a sentence for each thing found.</param>
    /// <param name="isParent">Whether keys are to be migrated to the endorsement key itself.</param>
    internal static EvidenceVerdict Examine(
        TpmtPublic? endorsementKey, IReadOnlyList<byte[]> certificates, IReadOnlyList<byte[]> trustedRoots, List<string> findings, bool isParent = false)
    {
        if (endorsementKey == null || certificates.Count == 0)
        {
            findings.Add("No endorsement certificate: no manufacturer vouches for the TPM.");
            return EvidenceVerdict.Absent;
        }
        var held = new List<X509Certificate2>();
        try
        {
            held.Add(VendorCertificate.Load(certificates[0], findings));
            held.AddRange(certificates.Skip(1).Select(CertificateChain.Load));
            EvidenceVerdict verdict = Examine(endorsementKey, held, trustedRoots, findings);
            // Where the endorsement key is the new parent, its certificate must be for that and nothing else.
            if (!isParent || verdict != EvidenceVerdict.Proven || IsForEndorsementKeys(held[0])) return verdict;
            findings.Add("It does not say that it was issued for an endorsement key; manufacturers issue certificates for other keys too, which need not be in a TPM.");
            return EvidenceVerdict.NotTrusted;
        }
        catch (CryptographicException)
        {
            findings.Add("The endorsement certificate cannot be read; manufacturers are known to have shipped such.");
            return EvidenceVerdict.Unreadable;
        }
        finally
        {
            held.ForEach(c => c.Dispose());
        }
    }

    private static EvidenceVerdict Examine(TpmtPublic endorsementKey, List<X509Certificate2> held, IReadOnlyList<byte[]> trustedRoots, List<string> findings)
    {
        X509Certificate2 leaf = held[0];
        if (!IsFor(leaf, endorsementKey))
        {
            findings.Add("The endorsement certificate is for another key than the endorsement key.");
            return EvidenceVerdict.Contradicted;
        }
        List<X509Certificate2> roots = LoadRoots(trustedRoots, findings);
        try
        {
            using var chain = new CertificateChain(leaf, held.Skip(1).Concat(roots));
            // The TCG profile has a critical alternative name in the endorsement certificate that the platform does not know.
            if (chain.Problems.Contains(X509ChainStatusFlags.HasNotSupportedCriticalExtension) && !chain.ProblemsAboveFirst.Contains(X509ChainStatusFlags.HasNotSupportedCriticalExtension))
                findings.Add("The endorsement certificate has a critical extension that this platform does not check, as the TCG's profile has; it was passed over.");
            List<X509ChainStatusFlags> problems = chain.Problems.Where(p => p != X509ChainStatusFlags.HasNotSupportedCriticalExtension).Concat(chain.ProblemsAboveFirst).Distinct().ToList();
            if (problems.Count != 0)
            {
                findings.Add("The chain of the endorsement certificate does not hold: " + string.Join("; ", problems) + ".");
                return EvidenceVerdict.NotTrusted;
            }
            X509Certificate2 last = chain.Last;
            bool trusted = roots.Any(r => r.RawData.SequenceEqual(last.RawData));
            findings.Add(trusted
                ? $"The endorsement certificate leads to the trusted root '{last.Subject}'."
                : $"The endorsement certificate was issued by '{leaf.Issuer}', which is not among the trusted roots.");
            return trusted ? EvidenceVerdict.Proven : EvidenceVerdict.NotTrusted;
        }
        finally
        {
            roots.ForEach(c => c.Dispose());
        }
    }

    private static List<X509Certificate2> LoadRoots(IReadOnlyList<byte[]> trustedRoots, List<string> findings)
    {
        var roots = new List<X509Certificate2>();
        foreach (byte[] root in trustedRoots)
        {
            try
            {
                roots.Add(CertificateChain.Load(root));
            }
            catch (CryptographicException)
            {
                findings.Add("One of the trusted roots is no certificate that this platform reads; it was left out.");
            }
        }
        return roots;
    }

    // tcg-kp-EKCertificate. TCG EK Credential Profile, 3.2.
    private static bool IsForEndorsementKeys(X509Certificate2 certificate) => certificate.Extensions
        .OfType<X509EnhancedKeyUsageExtension>().SelectMany(e => e.EnhancedKeyUsages.Cast<Oid>()).Any(usage => usage.Value == "2.23.133.8.1");

    // The raw key bits are compared, since some certificates name RSAES-OAEP as the algorithm of the key and platforms then give none.
    private static bool IsFor(X509Certificate2 certificate, TpmtPublic key)
    {
        const string ecPublicKey = "1.2.840.10045.2.1";
        if (key.Point == null && certificate.PublicKey.Oid.Value == ecPublicKey) return false;
        byte[] bits = certificate.PublicKey.EncodedKeyValue.RawData;
        try
        {
            return key.Point == null
                ? SecretBytes.FixedTimeEquals(RsaPublicKeyStructure.GetInstance(bits).Modulus.ToByteArrayUnsigned(), key.Unique)
                : SecretBytes.FixedTimeEquals(bits, [4, .. key.Point.X, .. key.Point.Y]);
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            throw new CryptographicException("The public key in the certificate cannot be read.", e);
        }
    }
}
